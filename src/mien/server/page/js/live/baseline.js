/** @import { Face, Probabilities, Result } from "../types.js" */
import { ask } from "../api.js";
import { UNSURE } from "../labels.js";

/**
 * The neutral faces of the people in a recording, and what is shown after the correction by them.
 * The server finds them, as `mien baseline` does; what is recorded stays as it was detected.
 */
export class Baseline {
  /** @type {Map<number, Probabilities>} what is taken off the logarithms, by person. */
  #shifts = new Map();

  get isOn() {
    return this.#shifts.size > 0;
  }

  clear() {
    this.#shifts.clear();
  }

  /**
   * Finds the baselines of a session; returns why there is none, empty where there is one.
   *
   * @param {number} session
   */
  async load(session) {
    /** @type {{baselines: {person: number, shift: Probabilities}[], problems: string[]}} */
    const { baselines, problems } = await ask("GET", `/v1/sessions/${session}/baselines`);
    this.#shifts = new Map(baselines.map(({ person, shift }) => [person, shift]));
    return this.isOn ? "" : problems[0] ?? "No neutral face was seen.";
  }

  /** A result as it is shown. @param {Result} result @returns {Result} */
  apply(result) {
    return this.isOn ? { ...result, faces: result.faces.map((face) => this.#correct(face)) } : result;
  }

  /** @param {Face} face @returns {Face} */
  #correct(face) {
    const shift = this.#shifts.get(face.person ?? -1);
    if (!shift) return face;
    const probabilities = correct(face.probabilities, shift);
    const smoothed = face.smoothed && correct(face.smoothed, shift);
    const [emotion, confidence] = Object.entries(smoothed ?? probabilities)
      .reduce((best, entry) => (entry[1] > best[1] ? entry : best));
    const label = face.emotion === UNSURE ? UNSURE : emotion;
    return { ...face, probabilities, smoothed, emotion: label, confidence };
  }
}

/** @param {Probabilities} probabilities @param {Probabilities} shift @returns {Probabilities} */
function correct(probabilities, shift) {
  const shifted = Object.entries(probabilities).map(([label, value]) =>
    /** @type {[string, number]} */ ([label, value * Math.exp(-shift[label])]));
  const sum = shifted.reduce((total, [, value]) => total + value, 0);
  return Object.fromEntries(shifted.map(([label, value]) => [label, value / sum]));
}
