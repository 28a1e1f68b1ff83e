/** @import { Curve, Job, Marker, Person, Session, SessionDetail } from "../types.js" */
import { ApiError, ask, retry } from "../api.js";
import { DEFAULT_LABELS } from "../labels.js";

const LONE_FRAME = 0.1; // seconds that a session of one frame lasts
const PIXELS_PER_POINT = 2;
const SHORTEST_RANGE = 0.5; // seconds that the closest zoom shows

/** @param {number} value @param {number} lowest @param {number} highest */
const clamp = (value, lowest, highest) => Math.max(lowest, Math.min(value, highest));

/**
 * A session's visible range and the cursor in it, in seconds. A "range" event notifies of another
 * range, a "cursor" event of the cursor's moves; its `detail` says who moved it.
 */
class TimeRange extends EventTarget {
  from = 0;
  cursor = 0;

  /** @param {number} length */
  constructor(length) {
    super();
    this.length = this.to = length;
  }

  get span() { return this.to - this.from; }

  get isWhole() { return this.from <= 0 && this.to >= this.length; }

  /** Makes the session longer; a range that shows the whole still does. @param {number} length */
  grow(length) {
    const { isWhole } = this;
    this.length = length;
    this.show(this.from, isWhole ? length : this.span);
  }

  /**
   * Moves the cursor, and the range where the cursor leaves it.
   *
   * @param {number} time
   * @param {string} [mover]
   */
  goTo(time, mover = "user") {
    this.cursor = clamp(time, 0, this.length);
    if (this.cursor < this.from || this.cursor > this.to) {
      this.show(this.cursor - this.span / 2, this.span);
    }
    this.dispatchEvent(new CustomEvent("cursor", { detail: mover }));
  }

  /**
   * Shows the range that starts at `from`, or the nearest that there is.
   *
   * @param {number} from
   * @param {number} span
   */
  show(from, span) {
    const visible = clamp(span, Math.min(SHORTEST_RANGE, this.length), this.length);
    this.from = clamp(from, 0, this.length - visible);
    this.to = this.from + visible;
    this.dispatchEvent(new Event("range"));
  }

  /**
   * Shows a range `factor` times as long; `around` keeps its place on the screen.
   *
   * @param {number} factor
   * @param {number} [around]
   */
  zoom(factor, around = this.cursor) {
    const fixed = clamp(around, this.from, this.to);
    const span = clamp(this.span * factor, SHORTEST_RANGE, this.length);
    this.show(fixed - (fixed - this.from) / this.span * span, span);
  }
}

/**
 * The open session, as far as it is loaded. Events: "detail" (the session or its jobs were loaded
 * again), "people" (they changed), "curves" (timelines were loaded), "chosen" (another person, or
 * other labels), "stale" (the timelines do not show what is stored), "gone" (it was deleted).
 */
export class Model extends EventTarget {
  /** @type {Curve[]} */
  curves = [];
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

  /** @param {"range"|"cursor"} kind @param {() => void} action */
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
    if (hasOthers || before.session.last_frame !== this.session.last_frame) this.emit("stale");
    this.emit("detail");
  }

  /**
   * Loads the timelines of the visible range, as fine as `width` pixels show them.
   *
   * @param {number} width
   */
  async loadCurves(width) {
    const { from, to, isWhole } = this.time, turn = ++this.#curveLoads;
    const range = isWhole ? {} : { start: from, end: to };
    const points = Math.max(Math.round(width / PIXELS_PER_POINT), 1);
    const curves = await this.get("/timeline", { points, ...range });
    if (!curves || turn !== this.#curveLoads) return; // gone, or another range was asked for meanwhile
    this.curves = curves;
    this.emit("curves");
  }

  /**
   * Changes the session, then loads it again.
   *
   * @param {string} method
   * @param {string} path
   * @param {object} [json]
   */
  async change(method, path, json) {
    await ask(method, `${this.path}${path}`, { json });
    await this.load();
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
