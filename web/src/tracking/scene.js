/** @import { Image } from "../types.js" */

const SAMPLES = 64; // side of the grid of pixels sampled from a frame
const CELL = 4; // samples a side that are averaged to one point of the thumbnail
const SIDE = SAMPLES / CELL;
const SHADES = 4; // of each of red, green and blue, in the histogram
const SAME_STRUCTURE = 0.7; // correlation of two thumbnails at or above which the scene continues
const SAME_COLORS = 0.75; // overlap of two histograms at or above which the scene continues

/**
 * Detects cuts between neighboring frames.
 *
 * At a cut both the structure of the image and its colors change. A moving camera or a person who walks by
 * changes only the structure, and a flash or a shadow only the colors. The cost does not depend on the frame's
 * size.
 */
export class CutDetector {
  /** @type {?Scene} */
  #last = null;

  /**
   * Compares the next frame with the previous one.
   *
   * @param {Image} frame
   * @returns {boolean} whether a new scene starts with it. The first frame, and one of another size, start one.
   */
  isCut(frame) {
    const scene = describe(frame), last = this.#last;
    this.#last = scene;
    if (!last || scene.width !== last.width || scene.height !== last.height) return true;
    return correlate(scene.thumbnail, last.thumbnail) < SAME_STRUCTURE
      && overlap(scene.histogram, last.histogram) < SAME_COLORS;
  }
}

/**
 * @typedef {{width: number, height: number, thumbnail: Float64Array, histogram: Float64Array}} Scene a frame's
 *   size, 16 × 16 points of gray, and the share of samples in each of 64 colors.
 */

/** @param {Image} frame @returns {Scene} */
function describe({ width, height, channels, data }) {
  const columns = spread(width), rows = spread(height);
  const thumbnail = new Float64Array(SIDE * SIDE), histogram = new Float64Array(SHADES ** 3);
  for (let row = 0; row < SAMPLES; row++) {
    for (let column = 0; column < SAMPLES; column++) {
      const at = (rows[row] * width + columns[column]) * channels;
      const red = data[at], green = data[at + 1], blue = data[at + 2];
      const cell = Math.floor(row / CELL) * SIDE + Math.floor(column / CELL);
      thumbnail[cell] += (red + green + blue) / (3 * CELL * CELL);
      histogram[((red >> 6) * SHADES + (green >> 6)) * SHADES + (blue >> 6)] += 1 / (SAMPLES * SAMPLES);
    }
  }
  return { width, height, thumbnail, histogram };
}

/** The pixels of an even grid along a side, as `numpy.linspace` places them. @param {number} length */
function spread(length) {
  const step = (length - 1) / (SAMPLES - 1);
  return Array.from({ length: SAMPLES }, (_, i) => (i === SAMPLES - 1 ? length - 1 : Math.floor(i * step)));
}

/** Pearson's correlation; 1 where an image has no structure. @param {Float64Array} a @param {Float64Array} b */
function correlate(a, b) {
  const middleA = mean(a), middleB = mean(b);
  let product = 0, squareA = 0, squareB = 0;
  for (let i = 0; i < a.length; i++) {
    const first = a[i] - middleA, second = b[i] - middleB;
    product += first * second;
    squareA += first * first;
    squareB += second * second;
  }
  const spread = Math.sqrt(squareA * squareB);
  return spread > 1e-6 ? product / spread : 1;
}

/** @param {Float64Array} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param {Float64Array} a @param {Float64Array} b */
function overlap(a, b) {
  return a.reduce((sum, share, i) => sum + Math.min(share, b[i]), 0);
}
