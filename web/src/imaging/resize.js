import { PRECISION, weigh, weighFixed } from "./filters.js";

/**
 * Resizes images exactly as Pillow does, byte for byte: a convolution with fixed-point weights across, then
 * down, after an average of whole pixels where the image is much larger than the result.
 *
 * @import { Image } from "../types.js"
 * @import { FilterName, FixedWeights } from "./filters.js"
 *
 * @typedef {Object} View of pixels in memory, all or a part of an image.
 * @property {number} width in pixels.
 * @property {number} height
 * @property {number} channels bytes from one pixel to the next; of four, the first three count.
 * @property {number} stride bytes from one row to the next.
 * @property {number} start the byte of the first pixel.
 * @property {Uint8Array|Uint8ClampedArray} data
 */

const HALF = 1 << (PRECISION - 1);

/**
 * Resizes an image as Pillow's `Image.resize(size, filter, reducing_gap=)` does one of mode RGB.
 *
 * @param {Image} image
 * @param {number} width of the result, in pixels, 1 or more.
 * @param {number} height
 * @param {FilterName} filter
 * @param {?number} [reducingGap] how many times larger than the result the image is at least after whole
 *   pixels are averaged; null where none are.
 * @returns {Image} with three channels.
 */
export function resize(image, width, height, filter, reducingGap = null) {
  const view = { ...image, stride: image.width * image.channels, start: 0 };
  return { width, height, channels: 3, data: resizeView(view, width, height, filter, reducingGap) };
}

/**
 * Resizes a gray image, as Pillow does one of mode L.
 *
 * @param {Uint8Array} data width × height.
 * @param {number} width
 * @param {number} height
 * @param {number} newWidth
 * @param {number} newHeight
 * @param {FilterName} filter
 * @returns {Uint8Array} newWidth × newHeight.
 */
export function resizeGray(data, width, height, newWidth, newHeight, filter) {
  const view = { width, height, channels: 1, stride: width, start: 0, data };
  return resizeView(view, newWidth, newHeight, filter);
}

/**
 * Resizes a part of an image, without a copy of it.
 *
 * @param {View} view
 * @param {number} width
 * @param {number} height
 * @param {FilterName} filter
 * @param {?number} [reducingGap]
 * @returns {Uint8Array} width × height × 3, or × 1 where the view has one channel.
 */
export function resizeView(view, width, height, filter, reducingGap = null) {
  const across = factor(view.width, width, reducingGap), down = factor(view.height, height, reducingGap);
  const spanX = view.width / across, spanY = view.height / down;
  let source = across > 1 || down > 1 ? reduce(view, across, down) : view;
  const downFirst = goesDownFirst(source, width, height);
  if (downFirst) source = resizeDown(source, spanY, height, filter);
  if (spanX !== width) source = resizeAcross(source, spanX, width, filter);
  if (!downFirst && spanY !== height) source = resizeDown(source, spanY, height, filter);
  return source.data === view.data ? pack(view) : /** @type {Uint8Array} */ (source.data);
}

/**
 * Resizes an image of one channel of numbers, as Pillow does one of mode F.
 *
 * @param {ArrayLike<number>} data width × height; taken as single precision.
 * @param {number} width
 * @param {number} height
 * @param {number} newWidth
 * @param {number} newHeight
 * @param {FilterName} filter
 * @returns {Float32Array} newWidth × newHeight.
 */
export function resizeFloats(data, width, height, newWidth, newHeight, filter) {
  /** @type {Float32Array} */
  let floats = Float32Array.from(data);
  const downFirst = goesDownFirst({ width, height }, newWidth, newHeight);
  /** @param {number} columns */
  const goDown = (columns) => {
    if (height !== newHeight) floats = resizeLines(floats, height, columns, newHeight, filter, 1, columns);
  };
  if (downFirst) goDown(width);
  if (width !== newWidth) {
    floats = resizeLines(floats, width, downFirst ? newHeight : height, newWidth, filter, width, 1);
  }
  if (!downFirst) goDown(newWidth);
  return floats;
}

/**
 * @param {Float32Array} data
 * @param {number} length of a line.
 * @param {number} lines
 * @param {number} newLength
 * @param {FilterName} filter
 * @param {number} stride from one line to the next, before.
 * @param {number} step from one number of a line to the next.
 * @returns {Float32Array}
 */
function resizeLines(data, length, lines, newLength, filter, stride, step) {
  const { size, first, count, values } = weigh(length, length, newLength, filter);
  const resized = new Float32Array(lines * newLength);
  const newStride = step === 1 ? newLength : 1;
  for (let line = 0; line < lines; line++) {
    for (let pixel = 0; pixel < newLength; pixel++) {
      let sum = 0;
      for (let i = 0; i < count[pixel]; i++) {
        sum += data[line * stride + (first[pixel] + i) * step] * values[pixel * size + i];
      }
      resized[line * newStride + pixel * step] = sum;
    }
  }
  return resized;
}

/**
 * Returns how many whole pixels of a line are averaged before it is resized.
 *
 * @param {number} length
 * @param {number} newLength
 * @param {?number} gap
 * @returns {number}
 */
function factor(length, newLength, gap) {
  return gap === null ? 1 : Math.max(Math.trunc(length / newLength / gap), 1);
}

/** @param {View} view @returns {Uint8Array} a copy of what counts of it. */
function pack({ width, height, channels, stride, start, data }) {
  const bands = Math.min(channels, 3);
  const packed = new Uint8Array(width * height * bands);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0, from = start + y * stride; x < width; x++, from += channels) {
      for (let band = 0; band < bands; band++) packed[at++] = data[from + band];
    }
  }
  return packed;
}

/**
 * Averages rectangles of whole pixels, as Pillow's `Image.reduce`; those at the right and the bottom may be
 * smaller.
 *
 * @param {View} view
 * @param {number} across pixels of a rectangle.
 * @param {number} down
 * @returns {View}
 */
function reduce(view, across, down) {
  const { width, height, channels, stride, start, data } = view;
  const bands = Math.min(channels, 3);
  const newWidth = Math.ceil(width / across), newHeight = Math.ceil(height / down);
  const reduced = new Uint8Array(newWidth * newHeight * bands);
  const sums = new Uint32Array(newWidth * bands);
  for (let row = 0; row < newHeight; row++) {
    const rows = Math.min(down, height - row * down);
    sums.fill(0);
    for (let y = 0; y < rows; y++) {
      addRow(sums, data, start + (row * down + y) * stride, width, channels, across);
    }
    divideRow(sums, reduced.subarray(row * newWidth * bands), bands, width, across, rows);
  }
  return { width: newWidth, height: newHeight, channels: bands, stride: newWidth * bands, start: 0, data: reduced };
}

/**
 * @param {Uint32Array} sums to add each rectangle's pixels of one row to.
 * @param {Uint8Array|Uint8ClampedArray} data
 * @param {number} start of the row.
 * @param {number} width
 * @param {number} channels
 * @param {number} across
 */
function addRow(sums, data, start, width, channels, across) {
  const bands = channels < 3 ? 1 : 3;
  let from = start;
  for (let left = 0, at = 0; left < width; left += across, at += bands) {
    const end = from + Math.min(across, width - left) * channels;
    if (bands === 1) {
      for (; from < end; from++) sums[at] += data[from];
      continue;
    }
    let red = 0, green = 0, blue = 0;
    for (; from < end; from += channels) {
      red += data[from];
      green += data[from + 1];
      blue += data[from + 2];
    }
    sums[at] += red;
    sums[at + 1] += green;
    sums[at + 2] += blue;
  }
}

/**
 * Divides sums by how many pixels they have, with Pillow's reciprocal of 32 bits.
 *
 * @param {Uint32Array} sums
 * @param {Uint8Array} row where the means go.
 * @param {number} bands
 * @param {number} width
 * @param {number} across
 * @param {number} rows
 */
function divideRow(sums, row, bands, width, across, rows) {
  const whole = Math.floor(width / across) * bands;
  const inverse = reciprocal(across * rows), half = (across * rows) >> 1;
  for (let at = 0; at < whole; at++) row[at] = Math.imul(sums[at] + half, inverse) >>> 24;
  const rest = (width % across) * rows;
  for (let at = whole; at < sums.length; at++) {
    row[at] = Math.imul(sums[at] + (rest >> 1), reciprocal(rest)) >>> 24;
  }
}

/** @param {number} count @returns {number} 2²⁴ / count, in the single precision that Pillow has it in. */
function reciprocal(count) {
  return Math.trunc(Math.fround(2 ** 32 / Math.fround(256 * count)));
}

/**
 * Returns whether Pillow 13 resizes the columns before the rows; earlier versions never do. The order changes
 * the rounding.
 *
 * @param {{width: number, height: number}} size
 * @param {number} width
 * @param {number} height
 * @returns {boolean}
 */
function goesDownFirst(size, width, height) {
  const lost = size.height - height;
  return lost > 0 && lost > 2 * (size.width - width);
}

/**
 * Resizes the rows of a view.
 *
 * @param {View} view
 * @param {number} span how many pixels of a row are resized.
 * @param {number} width
 * @param {FilterName} filter
 * @returns {View}
 */
function resizeAcross(view, span, width, filter) {
  const weights = weighFixed(view.width, span, width, filter);
  const resized = emptyView(width, view.height, view.channels);
  if (resized.channels === 3) sumColorsAcross(view, weights, resized);
  else sumGrays(view, weights, resized, true);
  return resized;
}

/**
 * Resizes the columns of a view.
 *
 * @param {View} view
 * @param {number} span how many pixels of a column are resized.
 * @param {number} height
 * @param {FilterName} filter
 * @returns {View}
 */
function resizeDown(view, span, height, filter) {
  const weights = weighFixed(view.height, span, height, filter);
  const resized = emptyView(view.width, height, view.channels);
  if (resized.channels === 3) sumColorsDown(view, weights, resized);
  else sumGrays(view, weights, resized, false);
  return resized;
}

/** @param {number} width @param {number} height @param {number} channels of the source. @returns {View} */
function emptyView(width, height, channels) {
  const bands = Math.min(channels, 3);
  const data = new Uint8Array(width * height * bands);
  return { width, height, channels: bands, stride: width * bands, start: 0, data };
}

/**
 * @param {View} view
 * @param {FixedWeights} weights of the pixels of a row.
 * @param {View} resized to write to.
 */
function sumColorsAcross({ data, channels, stride, start }, { size, first, count, values }, resized) {
  const { width, height, data: out } = resized;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      let from = start + y * stride + first[x] * channels, red = HALF, green = HALF, blue = HALF;
      const end = x * size + count[x];
      for (let i = x * size; i < end; i++, from += channels) {
        const weight = values[i];
        red = (red + Math.imul(data[from], weight)) | 0;
        green = (green + Math.imul(data[from + 1], weight)) | 0;
        blue = (blue + Math.imul(data[from + 2], weight)) | 0;
      }
      out[at] = toByte(red);
      out[at + 1] = toByte(green);
      out[at + 2] = toByte(blue);
    }
  }
}

/**
 * @param {View} view
 * @param {FixedWeights} weights of the pixels of a column.
 * @param {View} resized to write to.
 */
function sumColorsDown({ data, channels, stride, start }, { size, first, count, values }, resized) {
  const { width, height, data: out } = resized;
  for (let y = 0, at = 0; y < height; y++) {
    const end = y * size + count[y];
    for (let x = 0; x < width; x++, at += 3) {
      let from = start + first[y] * stride + x * channels, red = HALF, green = HALF, blue = HALF;
      for (let i = y * size; i < end; i++, from += stride) {
        const weight = values[i];
        red = (red + Math.imul(data[from], weight)) | 0;
        green = (green + Math.imul(data[from + 1], weight)) | 0;
        blue = (blue + Math.imul(data[from + 2], weight)) | 0;
      }
      out[at] = toByte(red);
      out[at + 1] = toByte(green);
      out[at + 2] = toByte(blue);
    }
  }
}

/**
 * @param {View} view
 * @param {FixedWeights} weights of the pixels of a row, or of a column.
 * @param {View} resized to write to.
 * @param {boolean} across whether they are of a row.
 */
function sumGrays({ data, stride, start }, { size, first, count, values }, resized, across) {
  const { width, height, data: out } = resized, step = across ? 1 : stride;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const place = across ? x : y;
      const from = start + (across ? y * stride + first[x] : first[y] * stride + x);
      let sum = HALF;
      for (let i = 0; i < count[place]; i++) {
        sum = (sum + Math.imul(data[from + i * step], values[place * size + i])) | 0;
      }
      out[at] = toByte(sum);
    }
  }
}

/** @param {number} sum in fixed point. @returns {number} 0 to 255. */
function toByte(sum) {
  const value = sum >> PRECISION;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
