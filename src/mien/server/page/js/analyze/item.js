/** @import { ModelChoice, Result } from "../types.js" */
import { make } from "../dom.js";
import { capitalize, formatError } from "../format.js";

/** @typedef {"queued"|"running"|"done"|"failed"|"cancelled"} ItemState */

/**
 * A dropped file: its name, progress, buttons and results. A "change" event notifies of its state.
 */
export class Item extends EventTarget {
  /** @type {ItemState} */
  state = "queued";
  /** @type {?Result} */
  result = null;
  release = () => {};
  #status = make("p", { class: "status", role: "status" }, "Queued");
  #progress = make("progress", { max: 1, hidden: true });
  #retry = make("button", { type: "button", hidden: true, onclick: () => this.#restart() }, "Retry");
  #cancel = make("button", { type: "button", onclick: () => this.cancel() }, "Cancel");
  #abort = new AbortController();

  /**
   * @param {File} file
   * @param {ModelChoice & {profile: ?string}} settings by which it is analyzed.
   * @param {(item: Item) => Promise<void>} analyze its errors are shown to the user.
   * @param {Queue} queue
   */
  constructor(file, settings, analyze, queue) {
    super();
    this.file = file;
    this.settings = settings;
    this.analyze = analyze;
    this.queue = queue;
    this.body = make("div");
    const buttons = make("div", { class: "row" }, this.#retry, this.#cancel);
    this.element = make("article", { class: "card item", "aria-label": file.name },
      make("div", { class: "row head" }, make("h2", {}, file.name), buttons),
      this.#status, this.#progress, this.body);
  }

  get signal() {
    return this.#abort.signal;
  }

  /** Whether nothing more will happen by itself. */
  get isOver() {
    return this.state !== "queued" && this.state !== "running";
  }

  /** Puts the item in its queue. */
  start() {
    this.#set("queued", "Queued");
    this.queue.add(() => this.#run());
  }

  /** @param {string} text @param {number} [progress] from 0 to 1. */
  showStatus(text, progress) {
    this.#status.textContent = capitalize(text);
    this.#progress.hidden = progress === undefined;
    if (progress !== undefined) this.#progress.value = progress;
  }

  cancel() {
    if (this.isOver) return;
    this.#abort.abort();
    this.#set("cancelled", "Cancelled");
  }

  async #run() {
    if (this.isOver) return;
    this.#set("running", "Analyzing …");
    try {
      await demandReadable(this.file);
      await this.analyze(this);
      this.#set("done");
    } catch (error) {
      const isAbort = error instanceof DOMException && error.name === "AbortError";
      if (!isAbort) this.#set("failed", formatError(error));
    }
  }

  #restart() {
    this.#abort = new AbortController();
    this.start();
  }

  /** @param {ItemState} state @param {string} [text] */
  #set(state, text) {
    this.state = state;
    if (text) this.showStatus(text);
    this.element.classList.toggle("failed", state === "failed");
    this.#cancel.hidden = this.isOver;
    this.#retry.hidden = state !== "failed" && state !== "cancelled";
    this.dispatchEvent(new Event("change"));
  }
}

/** Runs tasks in their order, a few at a time. */
export class Queue {
  /** @type {(() => Promise<void>)[]} */
  #pending = [];
  #free;

  /** @param {number} limit how many tasks run at a time. */
  constructor(limit) {
    this.#free = limit;
  }

  /** @param {() => Promise<void>} task handles its own errors. */
  add(task) {
    this.#pending.push(task);
    this.#next();
  }

  async #next() {
    if (!this.#free) return;
    const task = this.#pending.shift();
    if (!task) return;
    this.#free--;
    await task();
    this.#free++;
    this.#next();
  }
}

/**
 * Throws where a file is gone; an upload of it would look like a server that is away.
 *
 * @param {File} file
 */
async function demandReadable(file) {
  const reader = file.stream().getReader();
  try {
    await reader.read();
    reader.cancel();
  } catch {
    throw new Error("cannot read the file anymore. Choose it again.");
  }
}
