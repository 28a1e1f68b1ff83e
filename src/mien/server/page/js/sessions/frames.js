/** @import { Curve, Face, Frame } from "../types.js" */
/** @import { Model } from "./model.js" */

const BLOCK = 64; // frames loaded at a time
const MOST = 32; // blocks in memory

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

/**
 * What a timeline knows of a person's face at a time, until its frame is loaded; null where the person
 * is out of view.
 *
 * @param {Curve} curve
 * @param {number} time
 * @param {number} interval
 * @returns {?Face}
 */
export function faceFrom(curve, time, interval) {
  const point = pointAt(curve, time, interval);
  if (point < 0) return null;
  const probabilities = Object.fromEntries(Object.entries(curve.values).map(([label, values]) => [label, values[point]]));
  const emotion = curve.labels[point];
  return { box: [], emotion, confidence: probabilities[emotion] ?? 0, probabilities, person: curve.person };
}

/** The frames around the cursor, with every face in them; loaded in blocks, and kept. */
export class Frames {
  #model;
  /** @type {Map<number, Frame[]>} by the number of the block; the one loaded last is at the end. */
  #blocks = new Map();
  #isLoading = false;

  /** @param {Model} model */
  constructor(model) {
    this.#model = model;
  }

  /** Forgets all, as after people were merged. */
  clear() { this.#blocks.clear(); }

  /** Forgets the blocks that may have got more frames. */
  refresh() {
    for (const [block, frames] of this.#blocks) if (frames.length < BLOCK) this.#blocks.delete(block);
  }

  /** The frame at a time; null where it is not loaded, or nobody is in view. @param {number} time */
  at(time) {
    const number = this.#numberAt(time);
    return number === null ? null : this.#find(number, time).frame;
  }

  /**
   * Loads the frame at a time if somebody is in view there, or else the block after it; returns whether
   * it did.
   *
   * @param {number} time
   */
  async load(time) {
    const number = this.#numberAt(time);
    if (this.#isLoading || number === null) return false;
    const { frame, missing } = this.#find(number, time);
    const next = Math.floor((frame ? frame.frame : number) / BLOCK) + 1;
    const isLast = next * BLOCK > this.#model.session.last_frame;
    const block = missing ?? (this.#blocks.has(next) || isLast ? null : next);
    if (block === null) return false;
    this.#isLoading = true;
    try {
      await this.#request(block);
    } finally {
      this.#isLoading = false;
    }
    return true;
  }

  /**
   * The frame at a time, from its number's block or a neighbour; `missing` is the block to load for it.
   *
   * @param {number} number about its number.
   * @param {number} time
   * @returns {{frame: ?Frame, missing: ?number}}
   */
  #find(number, time) {
    const { interval, session } = this.#model;
    let block = Math.floor(number / BLOCK);
    /** @type {?Frame} */
    let frame = null;
    for (;;) {
      const frames = this.#blocks.get(block);
      if (!frames) return { frame: null, missing: block };
      const at = countUpTo(frames.map((candidate) => candidate.time), time) - 1;
      if (at >= 0) frame = frames[at];
      if (at < 0 && (frame || !block)) break; // it is the last one of the block before
      if (at < 0) block--; // the number was too high
      else if (at < frames.length - 1 || time <= frames[at].time + interval || ++block * BLOCK > session.last_frame) break;
    }
    return { frame, missing: null };
  }

  /**
   * About the number of the frame at a time; null where nobody is in view.
   *
   * @param {number} time
   */
  #numberAt(time) {
    const { curves, overview, interval } = this.#model;
    for (const curve of [...curves, ...overview]) {
      const point = pointAt(curve, time, interval);
      if (point < 0) continue;
      const { times, frames } = curve, rate = (frames[point + 1] - frames[point]) / (times[point + 1] - times[point]);
      return Number.isFinite(rate) ? Math.floor(frames[point] + rate * (time - times[point])) : frames[point];
    }
    return null;
  }

  /** @param {number} block */
  async #request(block) {
    const first = block * BLOCK;
    /** @type {?{frames: Frame[]}} */
    const page = await this.#model.get("/frames", { after: first - 1, limit: BLOCK });
    if (!page) return;
    this.#blocks.set(block, page.frames.filter(({ frame }) => frame < first + BLOCK));
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > MOST) this.#blocks.delete(oldest);
  }
}
