import { make } from "../dom.js";
import { toSentence } from "../notices.js";

/**
 * One dropped file: its name, how far it is, what to do about it, and its results.
 *
 * It is "waiting", then "working", and at last "done", "failed" or "cancelled".
 */
export class Item extends EventTarget {
  state = "waiting";
  result = null;
  release = () => {};
  #told = make("p", { class: "told", role: "status" }, "Waits for its turn.");
  #progress = make("progress", { max: 1, hidden: true });
  #again = make("button", { type: "button", hidden: true, onclick: () => this.#retry() }, "Try again");
  #cancel = make("button", { type: "button", onclick: () => this.cancel() }, "Cancel");
  #abort = new AbortController();

  /**
   * @param {File} file
   * @param {(item: Item) => Promise<void>} work throws what the user is told.
   * @param {import("./queue.js").Queue} queue
   */
  constructor(file, work, queue) {
    super();
    Object.assign(this, { file, work, queue });
    this.body = make("div");
    const name = make("h2", {}, file.name);
    const buttons = make("div", { class: "row" }, this.#again, this.#cancel);
    this.element = make("article", { class: "card item", "aria-label": file.name },
      make("div", { class: "row head" }, name, buttons), this.#told, this.#progress, this.body);
  }

  get signal() {
    return this.#abort.signal;
  }

  /** Whether nothing more will happen by itself. */
  get over() {
    return !["waiting", "working"].includes(this.state);
  }

  /** Puts it in its queue. */
  start() {
    this.#set("waiting", "Waits for its turn.");
    this.queue.add(() => this.#run());
  }

  /** Says how far it is. @param {string} text @param {number} [part] from 0 to 1. */
  tell(text, part) {
    this.#told.textContent = toSentence(text);
    this.#progress.hidden = part === undefined;
    if (part !== undefined) this.#progress.value = part;
  }

  cancel() {
    if (this.over) return;
    this.#abort.abort();
    this.#set("cancelled", "Cancelled.");
  }

  async #run() {
    if (this.over) return;
    this.#set("working", "At work …");
    try {
      await demandReadable(this.file);
      await this.work(this);
      this.#set("done");
    } catch (error) {
      if (error.name !== "AbortError") this.#set("failed", error.message);
    }
  }

  #retry() {
    this.#abort = new AbortController();
    this.start();
  }

  #set(state, text) {
    this.state = state;
    if (text) this.tell(text);
    this.element.classList.toggle("failed", state === "failed");
    this.#cancel.hidden = this.over;
    this.#again.hidden = !["failed", "cancelled"].includes(state);
    this.dispatchEvent(new Event("change"));
  }
}

/** Sees to it that a file is still there: one that cannot be sent looks like a server that is away. */
async function demandReadable(file) {
  const reader = file.stream().getReader();
  try {
    await reader.read();
    reader.cancel();
  } catch {
    throw new Error("the file cannot be read any more; choose it again.");
  }
}
