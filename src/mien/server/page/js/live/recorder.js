/** @import { Face, ModelChoice, Session } from "../types.js" */
/** @import { Analyzed } from "./stream.js" */
import { ApiError, ask } from "../api.js";

const SAVE_INTERVAL = 1000; // milliseconds
const BATCH = 1000; // frames that the server takes at once
const LAST_BATCH = 50; // frames that a browser still sends for a page that goes away: 64 kB
const ENDED = "conflict"; // the server's code for a session that records no more
const TRANSIENT = new Set(["unreachable", "busy", "too_many_requests"]);

/**
 * @typedef {object} RecorderOptions
 * @property {string} name the session's.
 * @property {?string} model
 * @property {?string} prior
 * @property {?string} detector
 * @property {?string} profile
 * @property {string} consent who agreed to what; may be empty.
 * @property {(error: unknown) => void} onFailed called when the server refuses to store more; what
 *   it has stored stays.
 *
 * @typedef {ModelChoice & {profile: ?string, consent: string}} Settings of a recording.
 *
 * @typedef {{frame: number, time: number, width: number, height: number, faces: Face[]}} NewFrame
 */

/**
 * Saves results to a session as they come; no images. Frames wait in a buffer while the server is
 * away. Where its restart ended the session, the recording continues in a new one.
 */
export class Recorder {
  #options;
  /** @type {NewFrame[]} */
  #buffer = [];
  #next = 0;
  /** @type {?number} */
  #start = null;
  #clock = 0; // of time 0, in seconds since 1970
  #dropped = 0;
  #isStopping = false;
  #timer;
  /** @type {Promise<void>} */
  #saving = Promise.resolve();

  /** Starts a session. @param {RecorderOptions} options @throws {ApiError} */
  static async start(options) {
    return new Recorder(options, await createSession(options, clockAt(now())));
  }

  /** @param {RecorderOptions} options @param {Session} session */
  constructor(options, session) {
    this.#options = options;
    this.session = session;
    this.#timer = setInterval(() => this.#save().catch((error) => this.#fail(error)), SAVE_INTERVAL);
  }

  /** The seconds recorded until a time of the page's clock. @param {number} time */
  secondsAt(time) {
    return Math.max(time - (this.#start ?? time), 0);
  }

  /**
   * Adds a marker, or an interval with a duration, to the session. Before the first frame there is
   * no time that it could have.
   *
   * @param {{time: number, duration?: number, name?: string}} marker
   */
  mark(marker) {
    // A page that goes away cannot wait for the response.
    return ask("POST", `/v1/sessions/${this.session.id}/marks`, { json: marker, keepalive: true });
  }

  /** @param {Analyzed} analyzed */
  add({ result, time, dropped }) {
    if (this.#isStopping) return; // frames that come faster than they are saved would never end
    if (this.#start === null) this.#clock = clockAt(this.#start = time);
    else this.#dropped += dropped;
    const { width, height, faces } = result;
    this.#buffer.push({ frame: this.#next++, time: this.secondsAt(time), width, height, faces });
  }

  /** Saves what is buffered. @throws {ApiError} */
  save() {
    return this.#save();
  }

  /** Saves the rest and ends the session. @throws {ApiError} it is still recording. */
  async stop() {
    this.#isStopping = true;
    try {
      while (this.#buffer.length) await this.#save();
      await ask("PATCH", `/v1/sessions/${this.session.id}`, { json: this.#ending() });
    } catch (error) {
      this.#isStopping = false;
      throw error;
    }
    clearInterval(this.#timer);
  }

  /** Saves and ends from a page that goes away and cannot wait for the response. */
  leave() {
    clearInterval(this.#timer);
    const path = `/v1/sessions/${this.session.id}`, keepalive = true;
    const frames = this.#buffer.slice(0, LAST_BATCH);
    if (frames.length) ask("POST", `${path}/frames`, { json: { frames }, keepalive });
    ask("PATCH", path, { json: this.#ending(), keepalive });
  }

  #ending() {
    return { status: "done", dropped: this.#dropped, ...(this.#start !== null && { clock: this.#clock }) };
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
    const first = this.#buffer[0].time, clock = this.#clock + first;
    await ask("PATCH", `/v1/sessions/${this.session.id}`, { json: { dropped: this.#dropped, clock: this.#clock } });
    this.session = await createSession(this.#options, clock);
    this.#clock = clock;
    for (const frame of this.#buffer) frame.time -= first;
    this.#start = (this.#start ?? 0) + first;
    this.#dropped = 0;
  }

  /** @param {unknown} error */
  #fail(error) {
    if (error instanceof ApiError && TRANSIENT.has(error.code)) return;
    clearInterval(this.#timer);
    this.#options.onFailed(error);
  }
}

/** @param {RecorderOptions} options @param {number} clock of its time 0. @returns {Promise<Session>} */
const createSession = ({ name, model, prior, detector, profile, consent }, clock) =>
  ask("POST", "/v1/sessions", { json: { name, kind: "live", model, prior, detector, profile, consent, clock } });

/** The page's clock, in seconds. */
const now = () => performance.now() / 1000;

/** Seconds since 1970 at a recent time of the page's clock. @param {number} time */
const clockAt = (time) => Date.now() / 1000 - (now() - time);
