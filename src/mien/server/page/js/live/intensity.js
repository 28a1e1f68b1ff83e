/** @import { Face, Probabilities } from "../types.js" */
import { displayedOf, UNSURE } from "../labels.js";

const NEUTRAL = "neutral";
const TOP = 0.95; // quantile of a person's own results that counts as their full expression
const LEAST_RANGE = 1; // nats of log-odds; a person who moves less has no range to be scaled by
const LEAST_RESULTS = 20, MOST_RESULTS = 6000; // some ten minutes
const RENEW = 20; // results between changes of the range: each takes a sort

/**
 * How strong a person's expression is in their own range: 0 is their neutral face, 1 the strongest of
 * what was seen since. As `intensity_` in derived measures, of the results so far.
 */
export class Intensity {
  /** @type {Map<string, number[]>} log-odds against neutral, by label. */
  #odds = new Map();
  /** @type {Map<string, {start: number, length: number}>} */
  #ranges = new Map();
  /** @type {Map<string, number>} the neutral face's. */
  #rest = new Map();
  #count = 0;

  /** Adds a result of the neutral seconds. @param {Face} face not yet corrected. */
  add(face) {
    const odds = oddsOf(displayedOf(face));
    for (const [label, value] of odds) append(this.#odds, label, value);
  }

  /** Takes the results so far as the neutral face. @param {Probabilities} shift of the baseline. */
  rest(shift) {
    for (const [label, values] of this.#odds) {
      const change = (shift[label] ?? 0) - (shift[NEUTRAL] ?? 0);
      const corrected = values.map((value) => value - change);
      this.#odds.set(label, corrected);
      this.#rest.set(label, quantile(corrected, 0.5));
    }
  }

  /** The intensity of a corrected face's label; null where the person's range is not known. @param {Face} face */
  of(face) {
    const odds = oddsOf(displayedOf(face));
    for (const [label, value] of odds) append(this.#odds, label, value);
    if (this.#count++ % RENEW === 0) this.#renew();
    const range = this.#ranges.get(face.emotion), value = odds.get(face.emotion);
    if (!range || value === undefined || face.emotion === NEUTRAL || face.emotion === UNSURE) return null;
    return Math.min(Math.max((value - range.start) / range.length, 0), 1);
  }

  #renew() {
    this.#ranges.clear();
    for (const [label, start] of this.#rest) {
      const values = this.#odds.get(label) ?? [], length = quantile(values, TOP) - start;
      if (values.length >= LEAST_RESULTS && length >= LEAST_RANGE) this.#ranges.set(label, { start, length });
    }
  }
}

/** @param {Probabilities} shares @returns {Map<string, number>} */
function oddsOf(shares) {
  const log = (/** @type {number} */ share) => Math.log(Math.max(share, 1e-6));
  if (!(NEUTRAL in shares)) return new Map();
  return new Map(Object.entries(shares).map(([label, share]) => [label, log(share) - log(shares[NEUTRAL])]));
}

/** @param {Map<string, number[]>} all @param {string} label @param {number} value */
function append(all, label, value) {
  const values = all.get(label) ?? [];
  if (!values.length) all.set(label, values);
  values.push(value);
  if (values.length > MOST_RESULTS) values.splice(0, MOST_RESULTS / 2);
}

/** @param {number[]} values @param {number} share */
const quantile = (values, share) =>
  values.toSorted((one, other) => one - other)[Math.floor(share * (values.length - 1))] ?? NaN;
