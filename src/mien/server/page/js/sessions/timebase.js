const SHORTEST = 0.5; // seconds that the closest zoom shows

const clamp = (value, lowest, highest) => Math.max(lowest, Math.min(value, highest));

/**
 * Which part of a session is shown, and where its cursor stands; all in seconds.
 *
 * A "range" event tells that another part is shown, a "cursor" event that the cursor moved; its
 * `detail` is who moved it.
 */
export class Timebase extends EventTarget {
  from = 0;
  cursor = 0;

  constructor(length) {
    super();
    this.length = this.to = length;
  }

  get span() { return this.to - this.from; }

  get isWhole() { return this.from <= 0 && this.to >= this.length; }

  /** Takes note that more was recorded; what showed the whole goes on to show it. */
  grow(length) {
    const whole = this.isWhole;
    this.length = length;
    this.show(this.from, whole ? length : this.span);
  }

  /** Moves the cursor, and the part that is shown where it leaves that. */
  goTo(time, who = "user") {
    this.cursor = clamp(time, 0, this.length);
    if (this.cursor < this.from || this.cursor > this.to) {
      this.show(this.cursor - this.span / 2, this.span);
    }
    this.dispatchEvent(new CustomEvent("cursor", { detail: who }));
  }

  /** Shows the part that begins at `from`, as near as there is one. */
  show(from, span) {
    const shown = clamp(span, Math.min(SHORTEST, this.length), this.length);
    this.from = clamp(from, 0, this.length - shown);
    this.to = this.from + shown;
    this.dispatchEvent(new Event("range"));
  }

  /** Shows `factor` times as long a part; `around` stays where it is on the screen. */
  zoom(factor, around = this.cursor) {
    const place = clamp(around, this.from, this.to);
    const span = clamp(this.span * factor, SHORTEST, this.length);
    this.show(place - (place - this.from) / this.span * span, span);
  }
}
