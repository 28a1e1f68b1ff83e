/** @import { Face, Probabilities } from "../types.js" */
import { contextOf, drawStack } from "../canvas.js";
import { make } from "../dom.js";
import { displayedOf } from "../labels.js";

export const SPAN = 30; // seconds that a strip shows
const GAP = 0.5; // seconds out of view after which the strip has a gap, as in a report
const STALL = 2; // seconds without a result after which it has one, too
const SHEET = 2 * SPAN; // seconds that fit on the canvas, of which one half is in view
const SEAM = 0.6; // CSS pixels by which a piece overlaps the one before
const DESCRIBE = 1; // seconds between changes of the description

/** @typedef {{time: number, values: Probabilities, isFirst: boolean}} Point `isFirst` after a gap. */

/**
 * A person's last seconds as a stacked chart. Each result paints its own piece, onto a canvas that is
 * twice as wide as what is in view; between results only the canvas moves.
 */
export class Strip {
  #canvas = make("canvas");
  element = make("div", { class: "strip", role: "img" }, this.#canvas);
  /** @type {Point[]} */
  #points = [];
  #origin = NaN; // the time at the canvas's left edge
  #size = { width: 0, height: 0 };
  #wasMissed = false; // in a result since the last point
  #describedAt = -Infinity;
  #observer = new ResizeObserver(([{ contentRect: { width, height } }]) => {
    this.#size = { width, height };
    this.#paintAll();
  });

  constructor() {
    this.#observer.observe(this.element);
  }

  /** @param {number} time @param {Face} face */
  add(time, face) {
    if (!(time < this.#origin + SHEET)) this.#turnSheet(time);
    const last = this.#points.at(-1), pause = time - (last?.time ?? -Infinity);
    const point = { time, values: displayedOf(face), isFirst: pause > (this.#wasMissed ? GAP : STALL) };
    this.#wasMissed = false;
    this.#points.push(point);
    if (last) this.#paint(last, point);
    if (time - this.#describedAt < DESCRIBE) return;
    this.#describedAt = time;
    this.element.setAttribute("aria-label", describe(this.#points));
  }

  /** Notes that the person is not in a result. */
  miss() {
    this.#wasMissed = true;
  }

  /** Whether anything is in view at a time. @param {number} now */
  isEmpty(now) {
    return (this.#points.at(-1)?.time ?? -Infinity) < now - SPAN;
  }

  /** Moves on to a time. @param {number} now */
  scroll(now) {
    const shift = (now - SPAN - this.#origin) / SPAN * this.#size.width;
    this.#canvas.style.transform = `translateX(${-shift}px)`;
  }

  release() {
    this.#observer.disconnect();
  }

  /** Continues at the canvas's left half. @param {number} time */
  #turnSheet(time) {
    this.#origin = time - SPAN;
    this.#points = this.#points.filter((point) => point.time > this.#origin);
    this.#paintAll();
  }

  #paintAll() {
    const { width, height } = this.#size, ratio = devicePixelRatio;
    this.#canvas.width = Math.round(2 * width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    contextOf(this.#canvas).scale(ratio, ratio);
    this.#points.slice(1).forEach((point, index) => this.#paint(this.#points[index], point));
  }

  /** Paints from one result to the next, unless the person was out of view. @param {Point} from @param {Point} to */
  #paint(from, to) {
    if (to.isFirst || !this.#size.width) return;
    /** @param {number} time */
    const toX = (time) => (time - this.#origin) / SPAN * this.#size.width;
    drawStack(contextOf(this.#canvas), [{ x: toX(from.time) - SEAM, values: from.values },
      { x: toX(to.time), values: to.values }], this.#size.height);
  }
}

/** @param {Point[]} points */
function describe(points) {
  const labels = Object.keys(points.at(-1)?.values ?? {});
  /** @param {string} label */
  const sum = (label) => points.reduce((total, { values }) => total + (values[label] ?? 0), 0);
  const [first, second] = labels.toSorted((label, other) => sum(other) - sum(label));
  return `The last ${SPAN} seconds: mostly ${first}${second ? `, then ${second}` : ""}.`;
}
