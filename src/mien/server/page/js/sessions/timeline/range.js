const SHORTEST_RANGE = 0.5; // seconds that the closest zoom shows

/** @param {number} value @param {number} lowest @param {number} highest */
export const clamp = (value, lowest, highest) => Math.max(lowest, Math.min(value, highest));

/** @typedef {{from: number, to: number}} Stretch a part of a session, in seconds. */

/**
 * The visible range of a session, the cursor in it and the selected stretch, in seconds. Events:
 * "range" (another range is visible), "cursor" (it moved; `detail` says who moved it), "selection".
 */
export class TimeRange extends EventTarget {
  from = 0;
  cursor = 0;
  /** @type {?Stretch} */
  selection = null;

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
    const span = clamp(this.span * factor, Math.min(SHORTEST_RANGE, this.length), this.length);
    this.show(fixed - (fixed - this.from) / this.span * span, span);
  }

  /** Shows the whole session. */
  showAll() { this.show(0, this.length); }

  /**
   * Selects the stretch between two times, in any order; one without a length selects nothing.
   *
   * @param {number} one
   * @param {number} other
   */
  select(one, other) {
    const from = clamp(Math.min(one, other), 0, this.length), to = clamp(Math.max(one, other), 0, this.length);
    if (from === to) return this.unselect();
    this.selection = { from, to };
    this.dispatchEvent(new Event("selection"));
  }

  unselect() {
    if (!this.selection) return;
    this.selection = null;
    this.dispatchEvent(new Event("selection"));
  }
}
