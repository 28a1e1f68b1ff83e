/** @import { Result } from "../src/types.js" */
import { Baseline } from "../src/baseline.js";
import { StudyError } from "../src/errors.js";

/** Seconds that a baseline takes. */
export const NEUTRAL_SECONDS = 10;

/** The neutral faces of the people in view, and what is displayed after the correction by them. */
export class Neutral {
  /** @type {Baseline[]} */
  #baselines = [];
  /** @type {?Result[]} the neutral seconds so far; null where none run. */
  #results = null;

  get isOn() {
    return this.#baselines.length > 0;
  }

  get isWatching() {
    return this.#results !== null;
  }

  /** Starts the neutral seconds. */
  watch() {
    this.clear();
    this.#results = [];
  }

  clear() {
    this.#baselines = [];
    this.#results = null;
  }

  /**
   * Takes a result of the neutral seconds.
   *
   * @param {Result} result as detected.
   * @returns {number} seconds that are left.
   */
  add(result) {
    this.#results?.push(result);
    return NEUTRAL_SECONDS - (result.time - (this.#results?.[0].time ?? result.time));
  }

  /** When the neutral seconds began, in the source's time. */
  get since() {
    return this.#results?.[0]?.time ?? 0;
  }

  /** Finds the baselines. @returns {string} why there is none for somebody; empty where all have one. */
  finish() {
    const results = this.#results ?? [];
    const people = new Set(results.flatMap(({ faces }) => faces.flatMap(({ person }) => person ?? [])));
    const problems = [];
    this.#results = null;
    for (const person of people) {
      try {
        this.#baselines.push(Baseline.fromResults(results, person));
      } catch (error) {
        if (!(error instanceof StudyError)) throw error;
        problems.push(error.message);
      }
    }
    return people.size ? problems.join(" ") : "No face was detected; look at the camera, in good light.";
  }

  /** A result as it is displayed. @param {Result} result @returns {Result} */
  apply(result) {
    return this.#baselines.reduce((corrected, baseline) => baseline.apply(corrected), result);
  }
}
