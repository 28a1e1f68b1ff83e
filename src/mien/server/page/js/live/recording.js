/** @import { Analyzed } from "./stream.js" */
/** @import { Settings } from "./recorder.js" */
import { make } from "../dom.js";
import { formatClock, formatError } from "../format.js";
import { Marking } from "./marking.js";
import { Recorder } from "./recorder.js";

/** The recording as the user sees it: whether it runs, for how long, and its session at the end. */
export class Recording {
  element = make("p", { class: "recording", role: "status" });
  /** Markers and intervals, while it records. */
  marking = new Marking();
  /** @type {?Recorder} */
  #recorder = null;
  #isBusy = false;
  #onChange;

  /** @param {() => void} onChange called when a recording starts or ends. */
  constructor(onChange) {
    this.#onChange = onChange;
    addEventListener("beforeunload", this.#confirm);
    addEventListener("pagehide", this.#hide);
  }

  get isOn() {
    return this.#recorder !== null;
  }

  /** Starts or stops. @param {Settings} settings */
  async toggle(settings) {
    if (this.#isBusy) return; // the last press is still under way
    this.#isBusy = true;
    try {
      await (this.#recorder ? this.#stop(this.#recorder) : this.#start(settings));
    } catch (error) {
      this.element.replaceChildren(formatError(error));
    }
    this.#isBusy = false;
    this.#onChange();
  }

  /** @param {Analyzed} analyzed */
  add(analyzed) {
    if (!this.#recorder) return;
    this.#recorder.add(analyzed);
    this.marking.advance(analyzed.time);
    const text = `Recording ${formatClock(this.#recorder.secondsAt(analyzed.time))}`;
    if (this.element.textContent !== text) this.element.textContent = text;
  }

  /** Ends the recording, if there is one, with its view. */
  close() {
    removeEventListener("beforeunload", this.#confirm);
    removeEventListener("pagehide", this.#hide);
    this.marking.endInterval();
    this.#recorder?.stop();
  }

  /** @param {Settings} settings */
  async #start(settings) {
    const name = `Live, ${new Date().toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`;
    /** @param {unknown} error */
    const onFailed = (error) => this.#end(`Recording stopped: ${formatError(error)}`);
    this.#recorder = await Recorder.start({ name, ...settings, onFailed });
    this.element.replaceChildren("Recording 0:00");
    this.marking.start(this.#recorder);
  }

  /** @param {Recorder} recorder */
  async #stop(recorder) {
    await this.marking.endInterval();
    await recorder.stop();
    this.#end("Recording saved.");
  }

  /** @param {string} text */
  #end(text) {
    const id = this.#recorder?.session.id;
    this.#recorder = null;
    this.marking.stop();
    this.element.replaceChildren(`${text} `, make("a", { href: `#/sessions/${id}` }, "Open session"));
    this.#onChange();
  }

  #confirm = (/** @type {BeforeUnloadEvent} */ event) => {
    if (this.isOn) event.preventDefault(); // the browser asks whether to leave
  };

  #hide = () => {
    this.marking.endInterval();
    this.#recorder?.leave();
  };
}
