import { ApiError, ask } from "../api.js";

const EVERY = 1000; // milliseconds between savings
const MOST = 1000; // frames that the server takes at once
const LAST = 50; // frames that a browser still sends for a page that goes away: 64 kB
const ENDED = "conflict"; // the server's word for a session that records no more
const PASSING = new Set(["unreachable", "busy", "too_many_requests"]);

/**
 * Saves what is seen to a session, as it is seen; no pictures. What the server has answered for is
 * on its disk; the rest waits here while it is away. Where a restart of the server has ended the
 * session, the recording goes on in another one.
 */
export class Recorder {
  #given;
  #frames = [];
  #next = 0;
  #start = null;
  #timer;
  #saving = Promise.resolve();

  /**
   * Starts a session.
   *
   * @param {{name: string, model: string, profile: ?string,
   *   onFailed: (error: ApiError) => void}} given `onFailed` is told when the server refuses to
   *   store more; what it has stored stays.
   * @returns {Promise<Recorder>}
   * @throws {ApiError}
   */
  static async start(given) {
    return new Recorder(given, await create(given));
  }

  constructor(given, session) {
    this.#given = given;
    this.session = session;
    this.#timer = setInterval(() => this.#save().catch((error) => this.#tell(error)), EVERY);
  }

  /** For how many seconds it has been recording. */
  secondsAt(time) {
    return time - (this.#start ?? time);
  }

  /** Adds a frame. @param {import("./watch.js").Seen} seen */
  add({ result, time }) {
    this.#start ??= time;
    const { width, height, faces } = result;
    this.#frames.push({ frame: this.#next++, time: this.secondsAt(time), width, height, faces });
  }

  /** Saves what is left and ends the session. @throws {ApiError} it goes on recording. */
  async stop() {
    while (this.#frames.length) await this.#save();
    await ask("PATCH", `/v1/sessions/${this.session.id}`, { json: { status: "done" } });
    clearInterval(this.#timer);
  }

  /** Saves and ends, from a page that goes away and cannot wait for an answer. */
  leave() {
    clearInterval(this.#timer);
    const path = `/v1/sessions/${this.session.id}`, keepalive = true;
    const frames = this.#frames.slice(0, LAST);
    if (frames.length) ask("POST", `${path}/frames`, { json: { frames }, keepalive });
    ask("PATCH", path, { json: { status: "done" }, keepalive });
  }

  /** Saves what waits, one part after the other. */
  #save() {
    this.#saving = this.#saving.catch(() => {}).then(() => this.#send());
    return this.#saving;
  }

  async #send() {
    const frames = this.#frames.slice(0, MOST);
    if (!frames.length) return;
    try {
      await ask("POST", `/v1/sessions/${this.session.id}/frames`, { json: { frames } });
      this.#frames.splice(0, frames.length);
    } catch (error) {
      if (error.code !== ENDED) throw error;
      await this.#goOn();
    }
  }

  /** Starts the next session; what waits goes there, its time counted from its own start. */
  async #goOn() {
    this.session = await create(this.#given);
    const first = this.#frames[0].time;
    for (const frame of this.#frames) frame.time -= first;
    this.#start += first;
  }

  #tell(error) {
    if (PASSING.has(error.code)) return;
    clearInterval(this.#timer);
    this.#given.onFailed(error);
  }
}

const create = ({ name, model, profile }) =>
  ask("POST", "/v1/sessions", { json: { name, kind: "live", model, profile } });
