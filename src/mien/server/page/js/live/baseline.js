/** @import { Face, Probabilities, Result } from "../types.js" */
import { ask } from "../api.js";
import { formatPercent } from "../format.js";
import { UNSURE } from "../labels.js";
import { Intensity } from "./intensity.js";

/**
 * The neutral faces of the people in a recording, and what is shown after the correction by them.
 * The server finds them, as `mien baseline` does; what is recorded stays as it was detected.
 */
export class Baseline {
  /** @type {Map<number, Probabilities>} what is taken off the logarithms, by person. */
  #shifts = new Map();
  /** @type {Map<number, Intensity>} by person. */
  #intensities = new Map();
  #isWatching = false;

  get isOn() {
    return this.#shifts.size > 0;
  }

  clear() {
    this.#shifts.clear();
    this.#intensities.clear();
    this.#isWatching = false;
  }

  /** Starts to watch the neutral faces, from which intensity is counted. */
  watch() {
    this.clear();
    this.#isWatching = true;
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
    for (const [person, shift] of this.#shifts) this.#intensities.get(person)?.rest(shift);
    this.#isWatching = false;
    return this.isOn ? "" : problems[0] ?? "No neutral face was seen.";
  }

  /** A result as it is shown. @param {Result} result @returns {Result} */
  apply(result) {
    if (this.#isWatching) for (const face of result.faces) this.#intensityOf(face).add(face);
    return this.isOn ? { ...result, faces: result.faces.map((face) => this.#correct(face)) } : result;
  }

  /** How strong a displayed face is in the person's own range; empty where that is not known. @param {Face} face */
  describe(face) {
    const intensity = this.#shifts.has(face.person ?? -1) ? this.#intensityOf(face).of(face) : null;
    return intensity === null ? "" : `intensity ${formatPercent(intensity)}`;
  }

  /** @param {Face} face */
  #intensityOf({ person = -1 }) {
    const intensity = this.#intensities.get(person) ?? new Intensity();
    this.#intensities.set(person, intensity);
    return intensity;
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
