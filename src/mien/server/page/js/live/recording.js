/** @import { Face, ModelChoice, Session } from "../types.js" */
/** @import { Analyzed } from "./stream.js" */
import { ApiError, ask } from "../api.js";
import { make } from "../dom.js";
import { formatClock, formatError } from "../format.js";
import { Baseline } from "./baseline.js";

const SAVE_INTERVAL = 1000; // milliseconds
const BATCH = 1000; // frames that the server takes at once
const LAST_BATCH = 50; // frames that a browser still sends for a page that goes away: 64 kB
const ENDED = "conflict"; // the server's code for a session that records no more
const NEUTRAL_SECONDS = 10; // that a baseline takes
const TRANSIENT = new Set(["unreachable", "busy", "too_many_requests"]);

/**
 * @typedef {object} RecorderOptions
 * @property {string} name the session's.
 * @property {?string} model
 * @property {?string} prior
 * @property {?string} detector
 * @property {?string} profile
 * @property {(error: unknown) => void} onFailed called when the server refuses to store more; what
 *   it has stored stays.
 *
 * @typedef {{frame: number, time: number, width: number, height: number, faces: Face[]}} NewFrame
 */

/**
 * Saves results to a session as they come; no images. Frames wait in a buffer while the server is
 * away. Where its restart ended the session, the recording continues in a new one.
 */
class Recorder {
  #options;
  /** @type {NewFrame[]} */
  #buffer = [];
  #next = 0;
  /** @type {?number} */
  #start = null;
  #timer;
  /** @type {Promise<void>} */
  #saving = Promise.resolve();

  /** Starts a session. @param {RecorderOptions} options @throws {ApiError} */
  static async start(options) {
    return new Recorder(options, await createSession(options));
  }

  /** @param {RecorderOptions} options @param {Session} session */
  constructor(options, session) {
    this.#options = options;
    this.session = session;
    this.#timer = setInterval(() => this.#save().catch((error) => this.#fail(error)), SAVE_INTERVAL);
  }

  /** The seconds recorded until a time of the page's clock. @param {number} time */
  secondsAt(time) {
    return time - (this.#start ?? time);
  }

  /**
   * Adds a marker, or an interval with a duration, to the session. Before the first frame there is
   * no time that it could have.
   *
   * @param {{time: number, duration?: number, name?: string}} marker
   */
  mark(marker) {
    return ask("POST", `/v1/sessions/${this.session.id}/marks`, { json: marker });
  }

  /** @param {Analyzed} analyzed */
  add({ result, time }) {
    this.#start ??= time;
    const { width, height, faces } = result;
    this.#buffer.push({ frame: this.#next++, time: this.secondsAt(time), width, height, faces });
  }

  /** Saves what is buffered. @throws {ApiError} */
  save() {
    return this.#save();
  }

  /** Saves the rest and ends the session. @throws {ApiError} it is still recording. */
  async stop() {
    while (this.#buffer.length) await this.#save();
    await ask("PATCH", `/v1/sessions/${this.session.id}`, { json: { status: "done" } });
    clearInterval(this.#timer);
  }

  /** Saves and ends from a page that goes away and cannot wait for the response. */
  leave() {
    clearInterval(this.#timer);
    const path = `/v1/sessions/${this.session.id}`, keepalive = true;
    const frames = this.#buffer.slice(0, LAST_BATCH);
    if (frames.length) ask("POST", `${path}/frames`, { json: { frames }, keepalive });
    ask("PATCH", path, { json: { status: "done" }, keepalive });
  }

  /** Saves the buffer, one batch after the other. */
  #save() {
    this.#saving = this.#saving.catch(() => {}).then(() => this.#send());
    return this.#saving;
  }

  async #send() {
    const frames = this.#buffer.slice(0, BATCH);
    if (!frames.length) return;
    try {
      await ask("POST", `/v1/sessions/${this.session.id}/frames`, { json: { frames } });
      this.#buffer.splice(0, frames.length);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== ENDED) throw error;
      await this.#continueInNewSession();
    }
  }

  /** The buffer goes to the new session; its times count from there. */
  async #continueInNewSession() {
    this.session = await createSession(this.#options);
    const first = this.#buffer[0].time;
    for (const frame of this.#buffer) frame.time -= first;
    this.#start = (this.#start ?? 0) + first;
  }

  /** @param {unknown} error */
  #fail(error) {
    if (error instanceof ApiError && TRANSIENT.has(error.code)) return;
    clearInterval(this.#timer);
    this.#options.onFailed(error);
  }
}

/** @param {RecorderOptions} options @returns {Promise<Session>} */
const createSession = ({ name, model, prior, detector, profile }) =>
  ask("POST", "/v1/sessions", { json: { name, kind: "live", model, prior, detector, profile, clock: Date.now() / 1000 } });

/** The recording as the user sees it: whether it runs, for how long, and its session at the end. */
export class Recording {
  element = make("p", { class: "recording", role: "status" });
  /** Buttons for markers and intervals; there while it records. */
  marking = make("div", { class: "row", hidden: true });
  #interval = make("button", { type: "button", "aria-keyshortcuts": "I", onclick: () => this.toggleInterval() });
  #neutral = make("button", { type: "button", onclick: () => this.beNeutral() });
  #marked = make("span", { class: "muted", role: "status" });
  /** Corrects what is shown. */
  baseline = new Baseline();
  /** @type {?number} when the neutral stretch began that runs now. */
  #neutralSince = null;
  /** @type {?number} where the interval began that is open now. */
  #since = null;
  #seconds = 0;
  /** @type {?Recorder} */
  #recorder = null;
  #isBusy = false;
  #onChange;

  /** @param {() => void} onChange called when a recording starts or ends. */
  constructor(onChange) {
    this.#onChange = onChange;
    this.marking.append(
      make("button", { type: "button", "aria-keyshortcuts": "M", onclick: () => this.addMarker() }, "Add marker"),
      this.#interval, this.#neutral, this.#marked);
    this.#showInterval();
    this.#showNeutral();
    addEventListener("beforeunload", this.#confirm);
    addEventListener("pagehide", this.#hide);
  }

  get isOn() {
    return this.#recorder !== null;
  }

  /** Starts or stops. @param {ModelChoice & {profile: ?string}} settings */
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
    this.#seconds = this.#recorder.secondsAt(analyzed.time);
    const text = `Recording ${formatClock(this.#recorder.secondsAt(analyzed.time))}`;
    if (this.element.textContent !== text) this.element.textContent = text;
    if (this.#neutralSince !== null) this.#countDown(this.#neutralSince);
  }

  /** Adds a marker now. */
  addMarker() {
    return this.#mark({ time: this.#seconds }, `Marker at ${formatClock(this.#seconds, true)}`);
  }

  /** Starts an interval now, or ends it. */
  async toggleInterval() {
    const since = this.#since;
    this.#since = since === null && this.isOn ? this.#seconds : null;
    this.#showInterval();
    if (since === null) return;
    const duration = Math.max(this.#seconds - since, 0);
    await this.#mark({ time: since, duration }, `Interval from ${formatClock(since, true)}`);
  }

  /** Starts ten seconds in which everybody is neutral; or removes the baseline that there is. */
  beNeutral() {
    if (this.baseline.isOn) this.baseline.clear();
    else this.#neutralSince = this.isOn ? this.#seconds : null;
    this.#showNeutral();
  }

  /** @param {number} since */
  #countDown(since) {
    const left = Math.ceil(NEUTRAL_SECONDS - (this.#seconds - since));
    if (left > 0) this.#neutral.textContent = `Be neutral: ${left}`;
    else this.#takeBaseline(since);
  }

  /** @param {number} since */
  async #takeBaseline(since) {
    this.#neutralSince = null;
    const recorder = this.#recorder;
    if (!recorder) return;
    await this.#mark({ time: since, duration: this.#seconds - since, name: "baseline" }, "Finding the neutral face …");
    try {
      await recorder.save();
      this.#marked.textContent = await this.baseline.load(recorder.session.id) || "Baseline on: shown after correction, recorded as detected";
    } catch (error) {
      this.#marked.textContent = formatError(error);
    }
    this.#showNeutral();
  }

  #showNeutral() {
    this.#neutral.textContent = this.baseline.isOn ? "Remove baseline" : `Be neutral for ${NEUTRAL_SECONDS} seconds`;
    this.#neutral.setAttribute("aria-pressed", `${this.baseline.isOn}`);
  }

  /** @param {{time: number, duration?: number, name?: string}} marker @param {string} text */
  async #mark(marker, text) {
    if (!this.#recorder) return;
    try {
      await this.#recorder.mark(marker);
      this.#marked.textContent = text;
    } catch (error) {
      this.#marked.textContent = formatError(error);
    }
  }

  #showInterval() {
    this.#interval.textContent = this.#since === null ? "Start interval" : "End interval";
  }

  /** Ends the recording, if there is one, with its view. */
  close() {
    removeEventListener("beforeunload", this.#confirm);
    removeEventListener("pagehide", this.#hide);
    this.#recorder?.stop();
  }

  /** @param {ModelChoice & {profile: ?string}} settings */
  async #start(settings) {
    const name = `Live, ${new Date().toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`;
    /** @param {unknown} error */
    const onFailed = (error) => this.#end(`Recording stopped: ${formatError(error)}`);
    this.#recorder = await Recorder.start({ name, ...settings, onFailed });
    this.element.replaceChildren("Recording 0:00");
    this.#seconds = 0;
    this.#marked.textContent = "";
    this.marking.hidden = false;
  }

  /** @param {Recorder} recorder */
  async #stop(recorder) {
    if (this.#since !== null) await this.toggleInterval();
    await recorder.stop();
    this.#end("Recording saved.");
  }

  /** @param {string} text */
  #end(text) {
    const id = this.#recorder?.session.id;
    this.#recorder = null;
    this.#since = this.#neutralSince = null;
    this.baseline.clear(); // the next session has other people
    this.#showInterval();
    this.#showNeutral();
    this.marking.hidden = true;
    this.element.replaceChildren(`${text} `, make("a", { href: `#/sessions/${id}` }, "Open session"));
    this.#onChange();
  }

  #confirm = (/** @type {BeforeUnloadEvent} */ event) => {
    if (this.isOn) event.preventDefault(); // the browser asks whether to leave
  };

  #hide = () => this.#recorder?.leave();
}
