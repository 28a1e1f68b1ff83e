/**
 * @import { Detection, Point } from "../types.js"
 * @import { Edges } from "./boxes.js"
 */

/**
 * Makes a detection of what the networks found.
 *
 * @param {Edges} edges
 * @param {number} score 0 to 1.
 * @param {Point[]} landmarks
 * @param {number} [turned] degrees.
 * @returns {Detection}
 */
export function toDetection([left, top, right, bottom], score, landmarks, turned = 0) {
  return { box: { x: left, y: top, width: right - left, height: bottom - top }, score, landmarks, turned };
}

/**
 * Returns a face of a part of an image as it lies in the image.
 *
 * @param {Detection} face
 * @param {Point} scale how many pixels of the image one pixel of the part spans, across and down.
 * @param {Point} [corner] of the part in the image, its left and top, in pixels.
 * @returns {Detection}
 */
export function moved(face, [across, down], [left, top] = [0, 0]) {
  const { x, y, width, height } = face.box;
  return {
    ...face,
    box: { x: left + across * x, y: top + down * y, width: across * width, height: down * height },
    landmarks: face.landmarks.map(([a, b]) => [left + across * a, top + down * b]),
  };
}

/**
 * Returns a face of a turned image as it lies in the image.
 *
 * @param {Detection} face
 * @param {number} quarters by how many the image was turned, counter-clockwise: 0 to 3.
 * @param {number} width of the image, in pixels.
 * @param {number} height
 * @returns {Detection}
 */
export function turnedBack(face, quarters, width, height) {
  /** @param {number} x @param {number} y @returns {Point} */
  const back = (x, y) => {
    /** @type {Point[]} */
    const places = [[x, y], [width - y, x], [width - x, height - y], [y, height - x]];
    return places[quarters];
  };
  const { box } = face;
  const [x, y] = back(box.x, box.y), [right, bottom] = back(box.x + box.width, box.y + box.height);
  return {
    ...face,
    box: {
      x: Math.min(x, right),
      y: Math.min(y, bottom),
      width: Math.abs(right - x),
      height: Math.abs(bottom - y),
    },
    landmarks: face.landmarks.map(([a, b]) => back(a, b)),
    turned: 90 * quarters,
  };
}
