/** @import { Face, Probabilities } from "../types.js" */
/** @import { Item } from "./item.js" */
import { displayedOf, UNSURE } from "../labels.js";

/**
 * The faces of an analyzed photo, each labelled unsure if its confidence is below the threshold.
 *
 * @param {Item} item
 * @param {number} threshold
 * @returns {Face[]}
 */
export function facesOf({ result }, threshold) {
  return result ? result.faces.map((face) => (face.confidence < threshold ? { ...face, emotion: UNSURE } : face)) : [];
}

/** How many faces have each label. @param {Face[]} faces */
export function countLabels(faces) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { emotion } of faces) counts.set(emotion, (counts.get(emotion) ?? 0) + 1);
  return counts;
}

/**
 * The face that stands for a photo: the largest one of those with the most frequent label.
 *
 * @param {Face[]} faces from the largest to the smallest, as the server lists them.
 * @returns {?Face}
 */
export function findDominant(faces) {
  if (faces.length < 2) return faces[0] ?? null;
  const counts = countLabels(faces), most = Math.max(...counts.values());
  return faces.find(({ emotion }) => counts.get(emotion) === most) ?? null;
}

/** The mean probability of each label. @param {Face[]} faces at least one. @returns {Probabilities} */
export function meanOf(faces) {
  const labels = Object.keys(displayedOf(faces[0]));
  return Object.fromEntries(labels.map((label) => [label,
    faces.reduce((sum, face) => sum + (displayedOf(face)[label] ?? 0), 0) / faces.length]));
}
