/** @import { Analyzed } from "./stream.js" */
/** @import { Settings } from "./recorder.js" */
import { make } from "../dom.js";
import { formatClock, formatError } from "../format.js";
import { makeButton } from "../ui/button.js";
import { Marking } from "./marking.js";
import { takePortrait } from "./portraits.js";
import { Recorder } from "./recorder.js";
import { OtherTabError, Turn } from "./turn.js";

const TICK = 250; // milliseconds between looks at the clock
const LIVE_TITLE = "Live · Mien Studio";

/**
 * @typedef {object} RecordingOptions
 * @property {() => void} onChange called when a recording starts or ends.
 * @property {(text: string) => void} countDown shows seconds that are left; empty at the end.
 */

/** The recording as the user sees it: whether it runs, for how long, and its session at the end. */
export class Recording {
  /** What happened, and what to do: saved, ended, another tab records, the disk is full. */
  element = make("div", { class: "recording row", role: "status" });
  /** Red, with the elapsed time: beside the button, and in the top bar. */
  state = makeState();
  #topState = makeState();
  /** Markers and intervals, while it records. */
  marking;
  /** @type {?Recorder} */
  #recorder = null;
  #isBusy = false;
  #hasThumbnails = false;
  #problem = "";
  /** @type {Set<number>} the people whose image is taken. */
  #portrayed = new Set();
  #onChange;
  #timer = 0;
  #turn = new Turn(() => this.#yield());

  /** @param {RecordingOptions} options */
  constructor({ onChange, countDown }) {
    this.#onChange = onChange;
    this.state.hidden = true;
    this.marking = new Marking(countDown);
    addEventListener("beforeunload", this.#confirm);
    addEventListener("pagehide", this.#hide);
  }

  get isOn() {
    return this.#recorder !== null;
  }

  /** Starts or stops. @param {Settings & {source: string}} settings */
  toggle(settings) {
    return this.#attempt(async () => {
      if (this.#recorder) return this.#stop(this.#recorder);
      await this.#turn.take();
      await this.#start(settings);
    }, settings);
  }

  /** @param {Analyzed} analyzed */
  add(analyzed) {
    if (!this.#recorder) return;
    this.#recorder.add(analyzed);
    this.marking.advance(analyzed.time);
    if (this.#hasThumbnails) this.#portray(analyzed, this.#recorder);
  }

  /** Ends the recording, if there is one, with its view. */
  close() {
    removeEventListener("beforeunload", this.#confirm);
    removeEventListener("pagehide", this.#hide);
    this.marking.endInterval();
    this.#recorder?.stop();
    this.#showEnd();
    this.#turn.close();
  }

  /** @param {() => Promise<void>} action @param {Settings & {source: string}} settings */
  async #attempt(action, settings) {
    if (this.#isBusy) return; // the last press is still under way
    this.#isBusy = true;
    try {
      await action();
    } catch (error) {
      if (!this.isOn) this.#turn.release();
      this.element.replaceChildren(make("span", {}, formatError(error)),
        ...(error instanceof OtherTabError ? [this.#makeTakeOver(settings)] : []));
    }
    this.#isBusy = false;
    this.#onChange();
  }

  /** @param {Settings & {source: string}} settings */
  #makeTakeOver(settings) {
    const takeOver = async () => {
      await this.#turn.takeOver();
      await this.#start(settings);
    };
    return makeButton("Record here instead", { onclick: () => this.#attempt(takeOver, settings) });
  }

  /** @param {Settings & {source: string}} settings */
  async #start({ source, ...settings }) {
    const name = `${source}, ${new Date().toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`;
    /** @param {unknown} error */
    const onFailed = (error) => this.#end(`Recording stopped: ${formatError(error)}`);
    /** @param {string} problem */
    const onProblem = (problem) => this.#showProblem(problem);
    this.#recorder = await Recorder.start({ name, ...settings, onFailed, onProblem });
    this.#hasThumbnails = settings.thumbnails;
    this.#portrayed.clear();
    this.element.replaceChildren();
    this.marking.start(this.#recorder);
    document.getElementById("tools")?.prepend(this.#topState);
    this.state.hidden = false;
    this.#timer = setInterval(() => this.#showTime(), TICK);
    this.#showTime();
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
    this.#turn.release();
    this.marking.stop();
    this.#showEnd();
    this.element.replaceChildren(make("span", {}, text), make("a", { href: `#/sessions/${id}` }, "Open session"));
    this.#onChange();
  }

  /** Stops because another tab wants to record. */
  async #yield() {
    const recorder = this.#recorder;
    if (!recorder) return;
    await this.#stop(recorder).then(() => this.element.firstChild?.replaceWith(
      make("span", {}, "Recording saved; another tab records now.")), (error) => this.#showProblem(formatError(error)));
  }

  #showTime() {
    const text = formatClock(this.#recorder?.secondsAt(performance.now() / 1000) ?? 0);
    for (const state of [this.state, this.#topState]) {
      const label = state.querySelector("span");
      if (label && label.textContent !== text) label.textContent = text;
    }
    document.title = `● ${text} Mien Studio`;
  }

  #showEnd() {
    clearInterval(this.#timer);
    this.#topState.remove();
    this.state.hidden = true;
    this.#problem = "";
    if (document.title.startsWith("●")) document.title = LIVE_TITLE;
  }

  /** @param {string} problem empty where there is none any more. */
  #showProblem(problem) {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.element.replaceChildren(...(problem ? [make("span", { class: "message alert" }, problem)] : []));
  }

  /** Takes an image of each person, once. @param {Analyzed} analyzed @param {Recorder} recorder */
  async #portray({ result, image }, recorder) {
    for (const face of result.faces) {
      const person = face.person ?? 0, portrait = this.#portrayed.has(person) ? null : takePortrait(image, face);
      if (!portrait) continue;
      this.#portrayed.add(person);
      portrait.then((blob) => { if (blob) recorder.addPortrait(person, blob); });
    }
  }

  #confirm = (/** @type {BeforeUnloadEvent} */ event) => {
    if (this.isOn) event.preventDefault(); // the browser asks whether to leave
  };

  #hide = () => {
    this.marking.endInterval();
    this.#recorder?.leave();
  };
}

function makeState() {
  return make("span", { class: "recording-state", role: "timer", "aria-label": "Recording" },
    make("i", { class: "recording-dot", "aria-hidden": "true" }), make("span", {}, "0:00"));
}
