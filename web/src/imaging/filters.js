/**
 * How much each pixel counts in an image that is resized: Pillow's filters and coefficients.
 *
 * @typedef {"box"|"bilinear"|"hamming"|"bicubic"} FilterName
 *
 * @typedef {Object} Weights of the pixels of one line, for each pixel of the resized line.
 * @property {number} size how many places `values` has for each pixel.
 * @property {Int32Array} first the first pixel that counts.
 * @property {Int32Array} count how many count.
 * @property {Float64Array} values `size` for each pixel, of which the first `count` hold; they sum to 1.
 *
 * @typedef {Omit<Weights, "values"> & {values: Int32Array}} FixedWeights with `PRECISION` bits of fraction.
 */

/** Bits of the fraction of a weight: a product with 8 bits and a sum of them fit in 32. */
export const PRECISION = 22;

const A = -0.5; // of the cubic
const ALPHA = Math.fround(0.54), BETA = Math.fround(0.46); // Pillow's are single precision
const MOST_KEPT = 64; // lines whose weights are kept: frames and windows of a video repeat sizes

/** @type {Record<FilterName, {support: number, weigh: (x: number) => number}>} */
const FILTERS = {
  box: { support: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weigh: (x) => Math.max(1 - Math.abs(x), 0) },
  hamming: { support: 1, weigh: hamming },
  bicubic: { support: 2, weigh: bicubic },
};

/** @type {Map<string, FixedWeights>} */
const kept = new Map();

/**
 * Returns the weights that resize a line.
 *
 * @param {number} length of the line, in pixels.
 * @param {number} span how much of it is resized, from its start; not always whole pixels.
 * @param {number} newLength
 * @param {FilterName} name
 * @returns {Weights}
 */
export function weigh(length, span, newLength, name) {
  const { support: radius, weigh: filter } = FILTERS[name];
  const scale = Math.fround(span) / newLength;
  const widened = Math.max(scale, 1);
  const support = radius * widened;
  const size = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(newLength), count = new Int32Array(newLength);
  const values = new Float64Array(newLength * size);
  for (let pixel = 0; pixel < newLength; pixel++) {
    const center = (pixel + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), length);
    first[pixel] = start;
    count[pixel] = end - start;
    let sum = 0;
    for (let i = 0; i < end - start; i++) {
      const value = filter((i + start - center + 0.5) * (1 / widened));
      values[pixel * size + i] = value;
      sum += value;
    }
    if (sum === 0) continue;
    for (let i = 0; i < end - start; i++) values[pixel * size + i] /= sum;
  }
  return { size, first, count, values };
}

/**
 * Returns the weights that resize a line of bytes, in fixed point; those of recent lines are kept.
 *
 * @param {number} length
 * @param {number} span
 * @param {number} newLength
 * @param {FilterName} name
 * @returns {FixedWeights}
 */
export function weighFixed(length, span, newLength, name) {
  const key = `${length} ${span} ${newLength} ${name}`;
  const known = kept.get(key);
  if (known) return known;
  const { size, first, count, values } = weigh(length, span, newLength, name);
  const fixed = Int32Array.from(values, toFixed);
  const weights = { size, first, count, values: fixed };
  if (kept.size >= MOST_KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
  kept.set(key, weights);
  return weights;
}

/** @param {number} value @returns {number} in fixed point; a half is rounded away from zero. */
function toFixed(value) {
  return Math.trunc(value * (1 << PRECISION) + (value < 0 ? -0.5 : 0.5));
}

/** @param {number} x @returns {number} */
function hamming(x) {
  const angle = Math.abs(x) * Math.PI;
  if (angle === 0) return 1;
  if (Math.abs(x) >= 1) return 0;
  return (Math.sin(angle) / angle) * (ALPHA + BETA * Math.cos(angle));
}

/** @param {number} x @returns {number} */
function bicubic(x) {
  const distance = Math.abs(x);
  if (distance < 1) return ((A + 2) * distance - (A + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * A;
  return 0;
}
