/** @import { Curve, Frame } from "../types.js" */
/** @import { Model } from "./model.js" */

const PAGE = 300; // frames loaded at a time

/**
 * How many of the ascending numbers are at most `value`.
 *
 * @param {number[]} numbers
 * @param {number} value
 */
function countUpTo(numbers, value, low = 0, high = numbers.length) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The first and the last point of each segment of a timeline; between segments the person is out
 * of view.
 *
 * @param {Curve} curve
 * @returns {[number, number][]}
 */
export const segmentsOf = ({ parts, times }) =>
  parts.map((first, index) => [first, (parts[index + 1] ?? times.length) - 1]);

/**
 * The point of a timeline at a time; -1 where the person is out of view.
 *
 * @param {Curve} curve
 * @param {number} time
 * @param {number} interval seconds that a segment's last frame stands for.
 */
export function pointAt(curve, time, interval) {
  for (const [first, last] of segmentsOf(curve)) {
    if (time >= curve.times[first] && time <= curve.times[last] + interval) {
      return countUpTo(curve.times, time, first, last + 1) - 1;
    }
  }
  return -1;
}

/** The frames around the cursor, with every face in them; loaded as they are needed. */
export class Frames {
  #model;
  /** @type {Frame[]} */
  #frames = [];
  #isLoading = false;
  #isStale = false;

  /** @param {Model} model */
  constructor(model) {
    this.#model = model;
  }

  /** Has the frames loaded again; the old ones stay until then. */
  invalidate() {
    this.#isStale = true;
  }

  /** The frame at a time; null where none is loaded, or nobody is in view. @param {number} time */
  at(time) {
    return this.#numberBefore(time) === null ? null : this.#find(time);
  }

  /**
   * Loads the frame at a time if somebody is in view there; returns whether it did.
   *
   * @param {number} time
   */
  async load(time) {
    const number = this.#numberBefore(time);
    if (this.#isLoading || number === null || (this.#find(time) && !this.#isStale)) return false;
    this.#isLoading = true;
    this.#isStale = false; // before the request, for it may become stale before the response
    try {
      this.#frames = await this.#request(number, time);
    } finally {
      this.#isLoading = false;
    }
    return true;
  }

  /** @param {number} time */
  #find(time) {
    const last = this.#frames.at(-1);
    if (!last || time > last.time + this.#model.interval) return null;
    return this.#frames[countUpTo(this.#frames.map((frame) => frame.time), time) - 1] ?? null;
  }

  /**
   * The number of a frame shortly before a time; null where nobody is in view.
   *
   * @param {number} time
   */
  #numberBefore(time) {
    const { curves, interval } = this.#model;
    const numbers = curves.flatMap((curve) => {
      const point = pointAt(curve, time, interval);
      return point < 0 ? [] : [curve.frames[point]];
    });
    return numbers.length ? Math.max(...numbers) : null;
  }

  /** @param {number} first @param {number} time @returns {Promise<Frame[]>} */
  async #request(first, time) {
    for (let after = first - 1; ;) {
      /** @type {?{frames: Frame[], next: ?number}} */
      const page = await this.#model.get("/frames", { after, limit: PAGE });
      if (!page) return [];
      const last = page.frames.at(-1);
      if (page.next === null || !last || last.time >= time) return page.frames;
      after = page.next;
    }
  }
}
