/** @import { Face, ModelChoice, Session } from "../types.js" */
/** @import { Analyzed } from "./stream.js" */
import { ApiError, ask } from "../api.js";
import { formatError } from "../format.js";

const SAVE_INTERVAL = 1000; // milliseconds
const BATCH = 1000; // frames that the server takes at once
const LAST_BATCH = 50; // frames that a browser still sends for a page that goes away: 64 kB
const MOST = 20_000; // frames that wait at most: some half an hour with one face, 25 MB
const ALIVE_INTERVAL = 10_000; // milliseconds; the server ends a recording that is silent for 30 s
const DISK_PAUSE = 5000; // milliseconds until a full disk is tried again
const ENDED = "conflict"; // the server's code for a session that records no more
const TRANSIENT = new Set(["unreachable", "busy", "too_many_requests", "disk_full"]);

/**
 * @typedef {object} RecorderOptions
 * @property {string} name the session's.
 * @property {?string} model
 * @property {?string} prior
 * @property {?string} detector
 * @property {?string} profile
 * @property {string} consent who agreed to what; may be empty.
 * @property {boolean} thumbnails whether an image of each person is stored.
 * @property {(problem: string) => void} onProblem called when results cannot be saved for now, and
 *   with an empty text when they can again.
 * @property {(error: unknown) => void} onFailed called when the server refuses to store more; what
 *   it has stored stays.
 *
 * @typedef {ModelChoice & {profile: ?string, consent: string, thumbnails: boolean}} Settings of a recording.
 *
 * @typedef {{frame: number, time: number, width: number, height: number, faces: Face[]}} NewFrame
 */

/**
 * Saves results to a session as they come; no images, unless the user asked for one of each person.
 * Frames wait in a buffer while the server is away or its disk is full. The server resumes a session
 * that it closed meanwhile; where it cannot, the recording continues in a new one.
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
  #isFull = false;
  #isStopping = false;
  #sentAt = now();
  #pauseUntil = 0;
  /** @type {Map<number, Blob>} images that wait until their person is stored. */
  #portraits = new Map();
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
    this.#timer = setInterval(() => this.#tick(), SAVE_INTERVAL);
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
    if (this.#buffer.length >= MOST) {
      this.#dropped++;
      this.#isFull = true;
      return;
    }
    const { width, height, faces } = result;
    this.#buffer.push({ frame: this.#next++, time: this.secondsAt(time), width, height, faces });
  }

  /** Stores an image of a person, once the person is stored. @param {number} person @param {Blob} image */
  addPortrait(person, image) {
    this.#portraits.set(person, image);
  }

  /** Saves what is buffered. @throws {ApiError} */
  save() {
    return this.#save();
  }

  /** Saves the rest and ends the session. @throws {ApiError} it is still recording. */
  async stop() {
    this.#isStopping = true;
    try {
      while (this.#buffer.length || this.#portraits.size) await this.#save();
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

  #tick() {
    if (1000 * now() < this.#pauseUntil) return;
    if (this.#buffer.length || this.#portraits.size) this.#save().catch((error) => this.#fail(error));
    else if (1000 * (now() - this.#sentAt) >= ALIVE_INTERVAL) {
      this.#sentAt = now();
      // Where it fails, frames that follow resume the session.
      ask("POST", `/v1/sessions/${this.session.id}/alive`).catch(() => {});
    }
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
    if (!frames.length) return this.#sendPortraits();
    try {
      await ask("POST", `/v1/sessions/${this.session.id}/frames`, { json: { frames } });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== ENDED) throw error;
      return this.#resume(error);
    }
    this.#buffer.splice(0, frames.length);
    this.#sentAt = now();
    this.#isFull = false;
    this.#options.onProblem("");
    await this.#sendPortraits();
  }

  /** Sends the images; one that the server refuses is skipped, for the results do not need it. */
  async #sendPortraits() {
    for (const [person, body] of this.#portraits) {
      this.#portraits.delete(person);
      await ask("PUT", `/v1/sessions/${this.session.id}/people/${person}/thumbnail`, { body }).catch(() => {});
    }
  }

  /**
   * Continues after the session ended, unless somebody ended it on purpose.
   *
   * @param {ApiError} error what the server said.
   */
  async #resume(error) {
    const { session } = await ask("GET", `/v1/sessions/${this.session.id}`);
    if (session.status === "done") throw new Error("it was ended elsewhere.", { cause: error });
    await this.#continueInNewSession();
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
    if (error instanceof ApiError && TRANSIENT.has(error.code)) {
      if (error.code === "disk_full") this.#pauseUntil = 1000 * now() + DISK_PAUSE;
      const waiting = `${formatError(error)} Results wait in this page: keep it open.`;
      this.#options.onProblem(this.#isFull ? `${waiting} No more fit; newer ones are skipped.` : waiting);
      return;
    }
    clearInterval(this.#timer);
    this.#options.onFailed(error);
  }
}

/** @param {RecorderOptions} options @param {number} clock of its time 0. @returns {Promise<Session>} */
const createSession = ({ name, model, prior, detector, profile, consent, thumbnails }, clock) =>
  ask("POST", "/v1/sessions",
    { json: { name, kind: "live", model, prior, detector, profile, consent, thumbnails, clock } });

/** The page's clock, in seconds. */
const now = () => performance.now() / 1000;

/** Seconds since 1970 at a recent time of the page's clock. @param {number} time */
const clockAt = (time) => Date.now() / 1000 - (now() - time);
