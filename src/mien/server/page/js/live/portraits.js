/** @import { Face } from "../types.js" */
import { contextOf } from "../canvas.js";
import { make } from "../dom.js";

const MARGIN = 0.25; // of the box's longer side, around it
const STORED_SIDE = 128, QUALITY = 0.85; // about 5 kB; the server takes 30
const LEAST_SHARPNESS = 0.1, MOST_YAW = 25; // degrees

/**
 * Cuts a face from the image that it was detected in.
 *
 * @param {HTMLCanvasElement} image
 * @param {Face} face
 * @param {HTMLCanvasElement} target square.
 */
export function cutPortrait(image, { box: [x, y, width, height] }, target) {
  const side = Math.max(width, height) * (1 + 2 * MARGIN);
  const left = x + (width - side) / 2, top = y + (height - side) / 2;
  const context = contextOf(target);
  context.clearRect(0, 0, target.width, target.height);
  context.drawImage(image, left, top, side, side, 0, 0, target.width, target.height);
}

/**
 * A face as a JPEG that is small enough for the server; null where it is not sharp enough, or turned
 * away.
 *
 * @param {HTMLCanvasElement} image
 * @param {Face} face
 * @returns {?Promise<?Blob>}
 */
export function takePortrait(image, face) {
  const { usable = 1, sharpness = 1, yaw = 0 } = face.attributes ?? {};
  if (!usable || sharpness < LEAST_SHARPNESS || Math.abs(yaw) > MOST_YAW) return null;
  const canvas = make("canvas", { width: STORED_SIDE, height: STORED_SIDE });
  cutPortrait(image, face, canvas);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
