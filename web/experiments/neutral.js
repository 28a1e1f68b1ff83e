/** @import { ExperimentCamera } from "./camera.js" */
/** @import { Result } from "../src/types.js" */
import { Baseline } from "../src/index.js";

/**
 * Finds a participant's baseline while they are neutral, and corrects the trials that follow by it.
 *
 * @param {ExperimentCamera} camera that is on.
 * @param {number} duration in milliseconds.
 * @returns {Promise<Baseline>}
 * @throws {StudyError} no usable face is in view, or another expression is shown. No baseline is used then.
 */
export async function useNeutralFace(camera, duration) {
  await camera.useBaseline(null);
  const results = await collect(camera, duration);
  const { neutral, looks } = Baseline.fromResults(results, findParticipant(results));
  // A person whose face was out of view may get another id, and an experiment has one participant.
  const baseline = new Baseline({ neutral, looks, person: null });
  await camera.useBaseline(baseline);
  return baseline;
}

/** @param {ExperimentCamera} camera @param {number} duration @returns {Promise<Result[]>} */
async function collect(camera, duration) {
  /** @type {Result[]} */
  const results = [];
  const unsubscribe = camera.subscribe((result) => results.push(result));
  await new Promise((resolve) => setTimeout(resolve, duration));
  unsubscribe();
  return results;
}

/** The person who is the largest face in the most frames. @param {readonly Result[]} results */
function findParticipant(results) {
  /** @type {Map<number, number>} */
  const frames = new Map();
  for (const { faces: [face] } of results) {
    if (face?.person !== undefined) frames.set(face.person, (frames.get(face.person) ?? 0) + 1);
  }
  const [most] = [...frames].sort((a, b) => b[1] - a[1]);
  return most?.[0] ?? 1;
}
