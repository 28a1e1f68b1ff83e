/** @import { Image } from "../types.js" */

/**
 * Turns an image by quarters, counter-clockwise, as `np.rot90`.
 *
 * @param {Image} image
 * @param {number} quarters an integer of 0 or more.
 * @returns {Image} the very image where the turn is a whole one.
 */
export function turn(image, quarters) {
  const { width, height, channels, data } = image;
  if (quarters % 4 === 0) return image;
  const turned = new Uint8Array(data.length);
  const [newWidth, newHeight] = quarters % 2 ? [height, width] : [width, height];
  const [start, right, down] = walk(quarters % 4, width, height);
  let at = 0;
  for (let y = 0; y < newHeight; y++) {
    let from = (start + y * down) * channels;
    for (let x = 0; x < newWidth; x++, from += right * channels) {
      for (let channel = 0; channel < channels; channel++) turned[at++] = data[from + channel];
    }
  }
  return { width: newWidth, height: newHeight, channels, data: turned };
}

/**
 * Returns how the pixels of a turned image lie in the image: where its first pixel is, and how far it is to
 * the next one to the right and down, in pixels of the image.
 *
 * @param {number} quarters 1 to 3.
 * @param {number} width of the image.
 * @param {number} height
 * @returns {[number, number, number]}
 */
function walk(quarters, width, height) {
  if (quarters === 1) return [width - 1, width, -1];
  if (quarters === 2) return [width * height - 1, -1, -width];
  return [width * (height - 1), -width, 1];
}
