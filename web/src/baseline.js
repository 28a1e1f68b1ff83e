import { StudyError } from "./errors.js";
import { UNSURE, round } from "./results.js";

/**
 * A person's neutral face, and the correction of their probabilities by it: a port of `mien.study.baseline`,
 * which says how its numbers were chosen.
 *
 * @import { Face, Result } from "./types.js"
 *
 * @typedef {Record<string, number>} Values by label.
 */

const NEUTRAL = "neutral";
const EXPECTED = 0.9; // the probability of neutral that a neutral face should have
const LOOKS = 4; // seconds of a neutral face that make half of the full correction
const MOST_LOOKS = 8; // seconds that count at most
const LEAST_NEUTRAL = 0.1; // the mean probability of neutral below which another expression is shown
const FLOOR = 0.001; // a probability below it is noise: its logarithm would decide the mean
const GAP_SECONDS = 0.5; // an absence above it, or above three intervals, is a gap
const DECIMALS = 6;

/**
 * How one person's neutral face reads.
 *
 * @example
 * const baseline = Baseline.fromResults(resultsWhileNeutral, 1);
 * await mien.useBaseline(baseline);
 */
export class Baseline {
  /**
   * @param {Object} parts
   * @param {Values} parts.neutral mean logarithms of the probabilities, their mean taken off.
   * @param {number} parts.looks how much neutral was seen, in seconds.
   * @param {?number} [parts.person] whom alone it corrects; null corrects everybody.
   */
  constructor({ neutral, looks, person = null }) {
    this.neutral = neutral;
    this.looks = looks;
    this.person = person;
  }

  /**
   * Finds the baseline of a person who was asked to be neutral.
   *
   * @param {readonly Result[]} results of a stream during that time, in its order.
   * @param {number} person the id.
   * @returns {Baseline}
   * @throws {StudyError} no usable face of the person is in them, the face is not neutral, or the model has no
   *   such label.
   */
  static fromResults(results, person) {
    const track = results.flatMap(({ time, faces }) =>
      faces.filter((face) => face.person === person).map((face) => ({ time, face })));
    const seconds = weigh(track.map(({ time }) => time), usualInterval(results.map(({ time }) => time)));
    const seen = track
      .map(({ face }, i) => ({ face, seconds: seconds[i] }))
      .filter(({ face }) => face.attributes?.usable !== 0);
    if (!seen.length) {
      throw new StudyError(`person ${person} has no usable face`, { remedy: "look at the camera, in good light" });
    }
    // Without any length, as in one frame, each face counts as one look.
    const isTimed = seen.some(({ seconds }) => seconds > 0);
    const weights = seen.map(({ seconds }) => (isTimed ? seconds : 1)), looks = sum(weights);
    const rows = seen.map(({ face }) => logarithms(face.smoothed ?? face.probabilities));
    const neutral = average(rows, weights);
    checkNeutral(neutral);
    return new Baseline({ neutral, looks, person });
  }

  /** How much of the difference is taken off, 0 to 1. */
  get weight() {
    const looks = Math.min(this.looks, MOST_LOOKS);
    return looks / (looks + LOOKS);
  }

  /** What is taken off the logarithms of the probabilities. @returns {Values} */
  get shift() {
    const labels = Object.keys(this.neutral), others = (1 - EXPECTED) / Math.max(labels.length - 1, 1);
    const expected = logarithms(Object.fromEntries(
      labels.map((label) => [label, label === NEUTRAL ? EXPECTED : others])));
    return mapValues(this.neutral, (value, label) => this.weight * (value - expected[label]));
  }

  /**
   * Returns a result after the correction: probabilities, label and confidence of the person's face.
   *
   * @param {Result} result
   * @returns {Result}
   */
  apply(result) {
    const faces = result.faces.map((face) =>
      (this.person === null || face.person === this.person ? this.#correct(face) : face));
    return { ...result, faces };
  }

  /** @param {Face} face @returns {Face} */
  #correct(face) {
    const probabilities = correct(face.probabilities, this);
    const smoothed = face.smoothed && { smoothed: correct(face.smoothed, this) };
    const [emotion, confidence] = Object.entries(smoothed?.smoothed ?? probabilities)
      .reduce((best, entry) => (entry[1] > best[1] ? entry : best));
    return { ...face, emotion: face.emotion === UNSURE ? UNSURE : emotion, confidence, probabilities, ...smoothed };
  }
}

/**
 * Corrects probabilities by a baseline.
 *
 * @param {Values} probabilities they sum to 1.
 * @param {Baseline} baseline of the same labels.
 * @returns {Values}
 * @throws {StudyError} the baseline is of other labels.
 */
export function correct(probabilities, { shift }) {
  const labels = Object.keys(probabilities);
  if (labels.length !== Object.keys(shift).length || !labels.every((label) => label in shift)) {
    throw new StudyError("the baseline is of a model with other labels", { remedy: "find it again with this model" });
  }
  const shifted = mapValues(probabilities, (value, label) => value * Math.exp(-shift[label]));
  const total = sum(Object.values(shifted));
  return mapValues(shifted, (value) => round(value / total, DECIMALS));
}

/** The median time between the frames of a stream; 0 where it has but one. @param {readonly number[]} times */
function usualInterval(times) {
  const steps = times.slice(1).map((time, i) => time - times[i]).filter((step) => step > 0).sort((a, b) => a - b);
  const middle = steps.length >> 1;
  if (!steps.length) return 0;
  return steps.length % 2 ? steps[middle] : (steps[middle - 1] + steps[middle]) / 2;
}

/**
 * How long each record of a person holds, in seconds: until the next one; before a gap and at the end, an
 * interval. A pause would otherwise let one frame decide the baseline.
 *
 * @param {readonly number[]} times
 * @param {number} interval
 * @returns {number[]}
 */
function weigh(times, interval) {
  const limit = Math.max(GAP_SECONDS, 3 * interval);
  return times.map((time, i) => {
    const length = (times[i + 1] ?? Infinity) - time;
    return length > limit ? interval : length;
  });
}

/** The logarithms of probabilities, their mean taken off. @param {Values} probabilities @returns {Values} */
function logarithms(probabilities) {
  const logs = mapValues(probabilities, (value) => Math.log(Math.max(value, FLOOR)));
  const values = Object.values(logs), mean = sum(values) / values.length;
  return mapValues(logs, (value) => value - mean);
}

/** @param {readonly Values[]} rows @param {readonly number[]} weights @returns {Values} */
function average(rows, weights) {
  const total = sum(weights);
  return mapValues(rows[0], (_, label) => sum(rows.map((row, i) => row[label] * weights[i])) / total);
}

/** @param {Values} neutral */
function checkNeutral(neutral) {
  if (!(NEUTRAL in neutral)) {
    throw new StudyError(`a baseline needs the label neutral; the model has ${Object.keys(neutral).join(", ")}`, {
      remedy: "choose another model, or leave the baseline out",
    });
  }
  const share = Math.exp(neutral[NEUTRAL]) / sum(Object.values(neutral).map(Math.exp));
  if (share >= LEAST_NEUTRAL) return;
  const [most] = Object.entries(neutral).reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  throw new StudyError(`no neutral face was shown but ${most}`, { remedy: "try again with a neutral face" });
}

/** @param {Values} values @param {(value: number, label: string) => number} change @returns {Values} */
function mapValues(values, change) {
  return Object.fromEntries(Object.entries(values).map(([label, value]) => [label, change(value, label)]));
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
