/** @import { Image } from "../types.js" */

// Rec. 601 luma in 16 bits of fraction, as Pillow's convert("L").
const RED = 19595, GREEN = 38470, BLUE = 7471, HALF = 1 << 15;

/**
 * Converts an image to gray: Rec. 601 luma, the bytes of Pillow's `convert("L")`.
 *
 * @param {Image} image
 * @returns {Uint8Array} width × height.
 */
export function toGray({ width, height, channels, data }) {
  const gray = new Uint8Array(width * height);
  for (let at = 0, from = 0; at < gray.length; at++, from += channels) {
    gray[at] = luma(data[from], data[from + 1], data[from + 2]);
  }
  return gray;
}

/**
 * Returns the Rec. 601 luma of a color, 0 to 255.
 *
 * @param {number} red 0 to 255.
 * @param {number} green
 * @param {number} blue
 * @returns {number}
 */
export function luma(red, green, blue) {
  return (red * RED + green * GREEN + blue * BLUE + HALF) >> 16;
}
