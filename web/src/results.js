import { roundHalfEven } from "./imaging/rounding.js";

/**
 * Makes the objects that `mien predict --json` prints and the REST API answers.
 *
 * @import { Face, Point, Result, Box } from "./types.js"
 */

/** The label of a face whose most probable label is not probable enough. */
export const UNSURE = "unsure";

const PIXEL_DECIMALS = 1, SCORE_DECIMALS = 4, ATTRIBUTE_DECIMALS = 4, PROBABILITY_DECIMALS = 6;

/**
 * Makes a face.
 *
 * @param {Object} parts
 * @param {{box: Box, score: ?number, landmarks: readonly Point[], turned: number}} parts.detection `score` is
 *   null for an image that is a cropped face.
 * @param {readonly string[]} parts.labels of the model.
 * @param {ArrayLike<number>} parts.probabilities in their order.
 * @param {number} [parts.unsureBelow] the confidence, 0 to 1, below which it is labelled `UNSURE`.
 * @param {Record<string, number>} [parts.attributes]
 * @param {?number} [parts.person] in a stream.
 * @param {?ArrayLike<number>} [parts.smoothed] in a stream.
 * @param {?number} [parts.held] the index of the label that is displayed still, although another is the most
 *   probable now.
 * @returns {Face}
 */
export function toFace({
  detection, labels, probabilities, unsureBelow = 0, attributes = {}, person = null, smoothed = null, held = null,
}) {
  const { box, score, landmarks, turned } = detection;
  const displayed = Array.from(smoothed ?? probabilities);
  const label = held ?? displayed.indexOf(Math.max(...displayed)), confidence = displayed[label];
  return {
    box: [round(box.x), round(box.y), round(box.width), round(box.height)],
    score: score === null ? null : round(score, SCORE_DECIMALS),
    landmarks: landmarks.map(([x, y]) => [round(x), round(y)]),
    emotion: confidence < unsureBelow ? UNSURE : labels[label],
    confidence: round(confidence, PROBABILITY_DECIMALS),
    probabilities: name(labels, probabilities),
    ...(person === null ? {} : { person }),
    ...(turned ? { turned } : {}),
    ...(smoothed ? { smoothed: name(labels, smoothed) } : {}),
    ...(Object.keys(attributes).length ? { attributes: roundAll(attributes) } : {}),
  };
}

/**
 * Makes the result of an image, or of a frame.
 *
 * @param {Object} parts
 * @param {string} parts.source
 * @param {number} parts.frame
 * @param {number} parts.time in seconds.
 * @param {number} parts.width of the image, in pixels.
 * @param {number} parts.height
 * @param {readonly Face[]} parts.faces from the largest.
 * @param {string} [parts.clock] when it was taken, ISO 8601 in UTC; empty where that is unknown.
 * @param {string} [parts.prior] empty where the base rates are the model's own.
 * @param {string} [parts.detector] empty where the image is a cropped face.
 * @param {readonly string[]} [parts.warnings] of the image.
 * @returns {Result}
 */
export function toResult({
  source, frame, time, width, height, faces, clock = "", prior = "", detector = "", warnings = [],
}) {
  return {
    source, frame, time, width, height,
    ...(clock ? { clock } : {}),
    ...(prior ? { prior } : {}),
    ...(detector ? { detector } : {}),
    ...(warnings.length ? { warnings: [...warnings] } : {}),
    faces: [...faces],
  };
}

/** @param {readonly string[]} labels @param {ArrayLike<number>} values @returns {Record<string, number>} */
function name(labels, values) {
  return Object.fromEntries(labels.map((label, i) => [label, round(values[i], PROBABILITY_DECIMALS)]));
}

/** @param {Record<string, number>} values @returns {Record<string, number>} */
function roundAll(values) {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, round(value, ATTRIBUTE_DECIMALS)]));
}

/**
 * Rounds as Python does: the exact binary value, a half to the even digit.
 *
 * @param {number} value
 * @param {number} [decimals]
 * @returns {number}
 */
export function round(value, decimals = PIXEL_DECIMALS) {
  const halves = value * 2 ** (decimals + 1); // exact; a value that is half way is a whole number of these
  if (!Number.isInteger(halves)) return Number(value.toFixed(decimals));
  return roundHalfEven((halves * 5 ** decimals) / 2) / 10 ** decimals;
}
