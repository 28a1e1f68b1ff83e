/**
 * Signs that an image is not what it should be: a result tells them as warnings. A browser's images have a stated order
 * of colours, so swapped ones, which Python tells of arrays, cannot occur.
 *
 * @import { Detection, Image } from "./types.js"
 */
import { faceSquare } from "./crop.js";

const OUTSIDE = 0.25; // of the square that a model sees
const SMALL = 256; // pixels: an image without a face that may be a cropped one

const ON_ITS_SIDE = "every face lies on its side: turn the image, if its camera was held upright";
const UPSIDE_DOWN = "every face is upside down: turn the image";
const CROPPED = "no face was found in this small image: if it is a cropped face, use analyze_crop";

/**
 * Returns a sentence for each sign.
 *
 * @param {Image} image
 * @param {readonly Detection[]} detections its faces, from the largest to the smallest.
 * @returns {string[]}
 */
export function findWarnings({ width, height }, detections) {
  if (!detections.length) return Math.max(width, height) <= SMALL ? [CROPPED] : [];
  const found = [];
  if (detections.every(({ turned }) => turned === 90 || turned === 270)) found.push(ON_ITS_SIDE);
  else if (detections.every(({ turned }) => turned === 180)) found.push(UPSIDE_DOWN);
  const share = shareOutside(detections[0], width, height);
  if (share > OUTSIDE) {
    found.push(`a face is cut too tight: ${(100 * share).toFixed(0)}% of what the model looks at lies outside the image`);
  }
  return found;
}

/**
 * Returns the share of the square that a model sees which lies outside the image.
 *
 * @param {Detection} face
 * @param {number} width
 * @param {number} height
 */
function shareOutside({ landmarks }, width, height) {
  const { x, y, side } = faceSquare(landmarks), left = x - side / 2, top = y - side / 2;
  const across = Math.max(Math.min(left + side, width) - Math.max(left, 0), 0);
  const down = Math.max(Math.min(top + side, height) - Math.max(top, 0), 0);
  return 1 - (across * down) / side ** 2;
}
