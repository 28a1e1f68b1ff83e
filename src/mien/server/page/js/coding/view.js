/** @import { Stretch } from "./task.js" */
import { ApiError, ask } from "../api.js";
import { make } from "../dom.js";
import { formatCount, formatError } from "../format.js";
import { notifyError, StatusLine } from "../notices.js";
import { Clips } from "./clips.js";
import { CANNOT_TELL, Task } from "./task.js";

const HIGHEST_DIGIT = 9;

/**
 * Code: a study's stretches, one at a time, and nothing that Mien made of them.
 *
 * @param {HTMLElement} root
 */
export function mount(root) {
  const end = new AbortController();
  root.append(make("h1", { class: "visually-hidden" }, "Code"));
  document.body.classList.add("coding"); // hides the other views, which display Mien's labels
  end.signal.addEventListener("abort", () => document.body.classList.remove("coding"));
  open(root, end.signal);
  return () => end.abort();
}

/** @param {HTMLElement} root @param {AbortSignal} signal */
async function open(root, signal) {
  try {
    const study = await ask("GET", "/v1/study", { signal });
    root.append(new Coding(study, signal).element);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) return notifyError(error);
    document.body.classList.remove("coding");
    root.append(make("div", { class: "card" }, make("h2", {}, "No study to code"),
      make("p", {}, "Start Mien with a study: ", make("code", {}, "mien study code STUDY --coder NAME"))));
  }
}

/** The page of a coder. */
class Coding {
  /** @type {Task} */
  #task;
  /** @type {Clips} */
  #clips;
  /** @type {Map<string, HTMLButtonElement>} by code. */
  #choices = new Map();
  /** @type {Map<string, string>} codes by key. */
  #keys = new Map();
  #status = new StatusLine();
  #bar = make("progress", { "aria-label": "Coded stretches" });
  #video = make("video", { loop: true, autoplay: true, playsinline: true });
  #problem = make("p", {});
  #failure = make("div", { class: "failure", role: "alert", hidden: true }, this.#problem,
    make("div", { class: "row" }, this.#makeButton("Try again", () => this.#show()),
      this.#makeButton("Skip", () => this.#skip())));
  #stage = make("div", { class: "stage" }, this.#video, this.#failure);
  #pause = this.#makeButton("Pause", () => this.#togglePause());
  #back = this.#makeButton("Back", () => this.#goBack());
  #done = make("div", { class: "card done", tabindex: "-1", hidden: true });
  #work = make("div", { class: "work" });
  #canCode = false;
  #since = 0; // milliseconds at which the stretch was displayed

  /** @param {{coder: string, labels: string[], stretches: Stretch[]}} study @param {AbortSignal} signal */
  constructor({ coder, labels, stretches }, signal) {
    this.#task = new Task(stretches);
    this.#clips = new Clips(signal);
    this.#bar.max = stretches.length;
    this.#video.muted = true; // an attribute alone does not mute, and a page may play nothing else
    const buttons = labels.map((label, at) => this.#makeChoice(label, label, at < HIGHEST_DIGIT ? `${at + 1}` : ""));
    const last = this.#makeChoice(CANNOT_TELL, "cannot tell", "0");
    const digits = `1 to ${Math.min(labels.length, HIGHEST_DIGIT)}`;
    this.#work.append(this.#stage, make("div", { class: "choices" },
      make("p", { id: "question" }, "Which expression does the face in the middle show?"),
      make("div", { class: "labels", role: "group", "aria-labelledby": "question" }, ...buttons, last),
      make("div", { class: "row" }, this.#back, this.#pause),
      make("p", { class: "muted keys" }, `Keys: ${digits}, 0 if you cannot tell, Backspace to go back.`)));
    this.element = make("div", { class: "coder" }, make("div", { class: "row progress" }, this.#status.element,
      make("p", { class: "muted" }, `Coder: ${coder}`)), this.#bar, this.#work, this.#done);
    document.addEventListener("keydown", (event) => this.#press(event), { signal });
    this.#show();
  }

  /** @param {string} text @param {() => void} onClick */
  #makeButton(text, onClick) {
    return make("button", { type: "button", onclick: onClick }, text);
  }

  /** @param {string} code @param {string} text @param {string} key */
  #makeChoice(code, text, key) {
    const button = make("button", { type: "button", "aria-keyshortcuts": key || null, onclick: () => this.#code(code) },
      make("kbd", { "aria-hidden": "true" }, key), text);
    this.#choices.set(code, button);
    if (key) this.#keys.set(key, code);
    return button;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Backspace") this.#goBack();
    else if (this.#keys.has(event.key)) this.#code(this.#keys.get(event.key) ?? CANNOT_TELL);
    else return;
    event.preventDefault();
  }

  /** @param {string} code */
  async #code(code) {
    const { current } = this.#task;
    if (!current || !this.#canCode) return;
    this.#allow(false); // until it is saved
    try {
      await ask("PUT", `/v1/study/codes/${current.id}`, { json: { code } });
    } catch (error) {
      this.#allow(true);
      return notifyError(error);
    }
    this.#task.code(code, (performance.now() - this.#since) / 1000);
    this.#show();
  }

  #goBack() {
    if (!this.#task.position) return;
    this.#task.goBack();
    this.#show();
  }

  #skip() {
    this.#task.skip();
    this.#show();
  }

  #togglePause() {
    if (this.#video.paused) this.#video.play();
    else this.#video.pause();
    this.#pause.textContent = this.#video.paused ? "Play" : "Pause";
  }

  /** Displays the task's stretch, or that there is none left. */
  async #show() {
    const { current, next } = this.#task;
    this.#displayProgress();
    this.#allow(false);
    this.#displayFailure("");
    this.#work.hidden = !current;
    this.#done.hidden = Boolean(current);
    if (!current) return this.#finish();
    this.#clips.keep([current.id, next?.id ?? 0]);
    try {
      const address = await this.#clips.load(current.id);
      if (current === this.#task.current) this.#play(address);
    } catch (error) {
      if (current === this.#task.current) this.#fail(error);
    }
    if (next) this.#clips.load(next.id).catch(() => {}); // told when its turn comes
  }

  /** @param {string} address */
  #play(address) {
    this.#video.hidden = false;
    this.#video.src = address;
    this.#video.play().catch(() => {}); // another clip took its place, or the browser wants a click
    this.#pause.textContent = "Pause";
    this.#since = performance.now();
    this.#allow(true);
  }

  /** @param {unknown} error */
  #fail(error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    this.#video.hidden = true;
    this.#displayFailure(formatError(error));
    this.#allow(false);
  }

  /** @param {string} text empty where the clip plays. */
  #displayFailure(text) {
    this.#problem.textContent = text;
    this.#failure.hidden = !text;
    this.#work.classList.toggle("failed", Boolean(text));
  }

  /** @param {boolean} canCode */
  #allow(canCode) {
    this.#canCode = canCode;
    this.#pause.disabled = Boolean(this.#video.hidden);
    this.#back.disabled = !this.#task.position;
    for (const [code, button] of this.#choices) {
      button.setAttribute("aria-disabled", `${!canCode}`); // a disabled one would lose the focus
      button.setAttribute("aria-pressed", `${this.#task.current?.code === code}`);
    }
  }

  #displayProgress() {
    const { position, current, stretches, coded, minutesLeft } = this.#task;
    this.#bar.value = coded;
    const minutes = minutesLeft ? ` · about ${formatCount(minutesLeft, "minute")} left` : "";
    this.#status.show(current ? `${position + 1} of ${stretches.length}${minutes}` : "Done");
    this.#video.setAttribute("aria-label", `Stretch ${position + 1} of ${stretches.length}`);
  }

  #finish() {
    const { coded, stretches } = this.#task;
    this.#video.removeAttribute("src");
    const missing = stretches.length - coded;
    this.#done.replaceChildren(
      make("h2", {}, missing ? `${coded} of ${formatCount(stretches.length, "stretch", "stretches")} coded`
        : `All ${formatCount(stretches.length, "stretch", "stretches")} coded`),
      make("p", {}, missing ? `${formatCount(missing, "clip")} could not be displayed. Reload the page to try again.`
        : "Your codes are saved. You can close this page."),
      this.#makeButton("Back", () => this.#goBack()));
    this.#done.focus();
  }
}
