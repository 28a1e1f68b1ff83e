import { ask } from "../api.js";
import { insist } from "./repeat.js";
import { Timebase } from "./timebase.js";

const ALONE = 0.1; // seconds that a session of one frame lasts
const PIXELS_A_POINT = 2;

/**
 * What is known of the session that is open. Its parts listen for "detail" (it was asked for anew,
 * or its jobs), "people" (these changed), "curves" (timelines came), "chosen" (another person, or
 * other emotions), "stale" (the timelines do not show what is stored), "gone" (it was deleted).
 */
export class Model extends EventTarget {
  curves = [];
  hidden = new Set();
  person = null;
  jobs = []; // the newest first
  #detail = null;
  #loads = 0;
  #asked = 0;

  /**
   * @param {number} id the session's.
   * @param {AbortSignal} signal ends what listens or waits.
   */
  constructor(id, signal) {
    super();
    Object.assign(this, { id, signal, path: `/v1/sessions/${id}`, time: new Timebase(1) });
  }

  get session() { return this.#detail.session; }

  get people() { return this.#detail.people; }

  get marks() { return this.#detail.marks; }

  /** For how many seconds a frame stands, about. */
  get interval() {
    const { fps, seconds, frames } = this.session;
    return fps ? 1 / fps : seconds / Math.max(frames - 1, 1) || ALONE;
  }

  /** The people who were not merged into another one. */
  get roots() { return this.people.filter((one) => one.merged_into === null); }

  /** The chosen person's timeline; undefined where nobody is in view. */
  get curve() { return this.curves.find((one) => one.person === this.person); }

  /** The number of whom a person stands for in the end. */
  rootOf({ number, merged_into }) {
    if (merged_into === null) return number;
    return this.rootOf(this.people.find((one) => one.number === merged_into));
  }

  nameOf(number) {
    return this.people.find((one) => one.number === number)?.name || `Person ${number}`;
  }

  on(kind, action) { this.addEventListener(kind, action, { signal: this.signal }); }

  onTime(kind, action) { this.time.addEventListener(kind, action, { signal: this.signal }); }

  tell(kind) { this.dispatchEvent(new Event(kind)); }

  /** Asks for something of the session; tells "gone", and answers null, where there is none. */
  async get(path, query) {
    try {
      return await insist(() => ask("GET", `${this.path}${path}`, { query }));
    } catch (error) {
      if (error.status !== 404) throw error;
      this.tell("gone");
      return null;
    }
  }

  /** Asks for the session anew. */
  async load() {
    const turn = ++this.#loads, detail = await this.get("");
    if (!detail || turn !== this.#loads) return; // gone; or it was asked for again meanwhile
    const before = this.#detail;
    this.#detail = detail;
    const length = this.session.seconds + this.interval;
    if (length !== this.time.length) this.time.grow(length);
    if (!this.roots.some((one) => one.number === this.person)) this.choose(this.roots[0]?.number);
    if (before) this.#tellChanges(before);
  }

  #tellChanges(before) {
    const others = JSON.stringify(before.people) !== JSON.stringify(this.people);
    if (others) this.tell("people");
    if (others || before.session.last_frame !== this.session.last_frame) this.tell("stale");
    this.tell("detail");
  }

  /** Asks for the timelines of the part that is shown, as fine as `width` pixels can show them. */
  async loadCurves(width) {
    const { from, to, isWhole } = this.time, turn = ++this.#asked;
    const part = isWhole ? {} : { start: from, end: to };
    const points = Math.max(Math.round(width / PIXELS_A_POINT), 1);
    const curves = await this.get("/timeline", { points, ...part });
    if (!curves || turn !== this.#asked) return; // gone; or another part was asked for meanwhile
    this.curves = curves;
    this.tell("curves");
  }

  /** Changes something of the session, then asks for it anew. */
  async change(method, path, json) {
    await ask(method, `${this.path}${path}`, { json });
    await this.load();
  }

  choose(person) {
    this.person = person ?? null;
    this.tell("chosen");
  }

  toggle(emotion) {
    if (!this.hidden.delete(emotion)) this.hidden.add(emotion);
    this.tell("chosen");
  }
}
