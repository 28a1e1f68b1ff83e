/** @import { Curve, Job, Marker, Person, PersonFigures, Session, SessionDetail } from "../types.js" */
import { ApiError, ask, retry } from "../api.js";
import { DEFAULT_LABELS } from "../labels.js";
import { TimeRange } from "./timeline/range.js";

const LONE_FRAME = 0.1; // seconds that a session of one frame lasts
const PIXELS_PER_POINT = 2;

/**
 * The open session, as far as it is loaded. Events: "detail" (the session or its jobs were loaded
 * again), "people" (they changed), "curves" (timelines were loaded), "figures" (those of the whole
 * session were loaded), "chosen" (another person, or other labels), "stale" (the timelines do not
 * show what is stored), "gone" (it was deleted).
 */
export class Model extends EventTarget {
  /** @type {Curve[]} of the visible range. */
  curves = [];
  /** The range of `curves`. */
  loaded = { from: 0, to: 1 };
  /** @type {Curve[]} of the whole session. */
  overview = [];
  /** @type {PersonFigures[]} of the whole session. */
  figures = [];
  /** @type {Set<string>} labels that the chart leaves out. */
  hidden = new Set();
  /** @type {?number} the chosen person's id. */
  person = null;
  /** @type {Job[]} the newest first. */
  jobs = [];
  /** @type {?SessionDetail} */
  #detail = null;
  #loads = 0;
  #curveLoads = 0;
  #isOverviewStale = false;

  /**
   * @param {number} id the session's.
   * @param {AbortSignal} signal stops listeners and requests.
   */
  constructor(id, signal) {
    super();
    this.id = id;
    this.signal = signal;
    this.path = `/v1/sessions/${id}`;
    this.time = new TimeRange(1);
  }

  /** @returns {SessionDetail} */
  get #loaded() {
    if (!this.#detail) throw new Error("the session is not loaded.");
    return this.#detail;
  }

  /** @returns {Session} */
  get session() { return this.#loaded.session; }

  /** @returns {Person[]} */
  get people() { return this.#loaded.people; }

  /** @returns {Marker[]} */
  get markers() { return this.#loaded.marks; }

  /** The labels of the session's model. */
  get labels() { return this.#loaded.labels ?? DEFAULT_LABELS; }

  /** For how many seconds a frame stands, about. */
  get interval() {
    const { fps, seconds, frames } = this.session;
    return fps ? 1 / fps : seconds / Math.max(frames - 1, 1) || LONE_FRAME;
  }

  /** The people who were not merged into another one. */
  get roots() { return this.people.filter((person) => person.merged_into === null); }

  /** The chosen person's timeline; undefined where nobody is in view. */
  get curve() { return this.curves.find((curve) => curve.person === this.person); }

  /**
   * The id of the person that this one was merged into, in the end.
   *
   * @param {Person} person
   * @returns {number}
   */
  rootOf({ number, merged_into }) {
    const target = this.people.find((person) => person.number === merged_into);
    return target ? this.rootOf(target) : number;
  }

  /** @param {number} id */
  nameOf(id) {
    return this.people.find((person) => person.number === id)?.name || `Person ${id}`;
  }

  /** @param {string} kind @param {() => void} action */
  on(kind, action) { this.addEventListener(kind, action, { signal: this.signal }); }

  /** @param {"range"|"cursor"|"selection"} kind @param {(event: Event) => void} action */
  onTime(kind, action) { this.time.addEventListener(kind, action, { signal: this.signal }); }

  /** @param {string} kind */
  emit(kind) { this.dispatchEvent(new Event(kind)); }

  /**
   * Loads a part of the session; emits "gone" and resolves to null where there is none.
   *
   * @param {string} path
   * @param {object} [query]
   */
  async get(path, query) {
    try {
      return await retry(() => ask("GET", `${this.path}${path}`, { query }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.emit("gone");
      return null;
    }
  }

  /** Loads the session. */
  async load() {
    const turn = ++this.#loads, detail = await this.get("");
    if (!detail || turn !== this.#loads) return; // gone, or loaded again meanwhile
    const before = this.#detail;
    this.#detail = detail;
    const length = this.session.seconds + this.interval;
    if (length !== this.time.length) this.time.grow(length);
    if (!this.roots.some((person) => person.number === this.person)) this.choose(this.roots[0]?.number);
    if (before) this.#emitChanges(before);
  }

  /** @param {SessionDetail} before */
  #emitChanges(before) {
    const hasOthers = JSON.stringify(before.people) !== JSON.stringify(this.people);
    if (hasOthers) this.emit("people");
    if (hasOthers || before.session.last_frame !== this.session.last_frame) {
      this.#isOverviewStale = true;
      this.emit("stale");
    }
    this.emit("detail");
  }

  /**
   * Loads the timelines of the visible range, as fine as `width` pixels show them; those of the whole
   * session, too, where they are not loaded or are stale.
   *
   * @param {number} width
   */
  async loadCurves(width) {
    const { from, to, isWhole } = this.time, turn = ++this.#curveLoads;
    const points = Math.max(Math.round(width / PIXELS_PER_POINT), 1);
    const [whole, part] = await Promise.all([
      isWhole || !this.overview.length || this.#isOverviewStale ? this.get("/timeline", { points }) : this.overview,
      isWhole ? null : this.get("/timeline", { points, start: from, end: to })]);
    if (!whole || turn !== this.#curveLoads) return; // gone, or another range was asked for meanwhile
    this.#isOverviewStale = false;
    this.overview = whole;
    this.curves = part ?? whole;
    this.loaded = { from, to };
    this.emit("curves");
  }

  /**
   * The figures of a stretch, or of the whole session.
   *
   * @param {{from: number, to: number}} [stretch]
   * @returns {Promise<PersonFigures[]>} empty where there are none.
   */
  async getFigures(stretch) {
    const query = stretch && { start: stretch.from, end: stretch.to };
    try {
      return await retry(() => ask("GET", `${this.path}/figures`, { query }), { signal: this.signal });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return []; // deleted; the session's own request tells
      throw error;
    }
  }

  /** Loads the figures of the whole session. */
  async loadFigures() {
    this.figures = await this.getFigures();
    this.emit("figures");
  }

  /**
   * Changes the session, then loads it again.
   *
   * @param {string} method
   * @param {string} path
   * @param {object} [json]
   * @returns {Promise<any>} what the server answered to the change.
   */
  async change(method, path, json) {
    const answer = await ask(method, `${this.path}${path}`, { json });
    await this.load();
    return answer;
  }

  /** @param {number} [person] */
  choose(person) {
    this.person = person ?? null;
    this.emit("chosen");
  }

  /** Shows or hides a label in the chart. @param {string} label */
  toggle(label) {
    if (!this.hidden.delete(label)) this.hidden.add(label);
    this.emit("chosen");
  }
}
