import { luma } from "./imaging/gray.js";
import { roundHalfEven } from "./imaging/rounding.js";

/**
 * Crops faces: one definition for cameras, photos and data sets, that of `mien.inference.crop`.
 *
 * A face is rotated, scaled and shifted so that its landmarks match FER2013's. Coordinates are continuous:
 * pixel i covers i to i + 1, its center is i + 0.5. A similarity transform, without reflection, is
 * z -> turn * z + shift in complex numbers, which are [real, imaginary] here.
 *
 * @import { FaceFormat, Image, Point } from "./types.js"
 *
 * @typedef {{turn: Point, shift: Point}} Transform from the pixels of a crop to those of the image.
 * @typedef {{left: number, top: number, width: number, height: number}} Part of an image, in whole pixels.
 * @typedef {{x: Float64Array, y: Float64Array}} Steps along one side of a crop, in pixels of the image.
 */

/**
 * Eyes, nose and mouth corners in fractions of the side: means of O-Net over 1,735 faces.
 *
 * @type {readonly Point[]}
 */
export const FER2013_LANDMARKS = [
  [0.316, 0.377],
  [0.684, 0.368],
  [0.5, 0.588],
  [0.348, 0.785],
  [0.66, 0.778],
];

const MIDDLE = mean(FER2013_LANDMARKS);
const SPREAD = spreadOf(FER2013_LANDMARKS, MIDDLE); // in sides of FER2013's square
const MOST_SAMPLES = 8; // a side of a pixel: 64 samples average a pixel well, however large the face
const MIN_SPREAD = 1e-3; // of landmarks about their mean, in pixels; less has no direction or size

/**
 * Crops one face from an image.
 *
 * @param {Image} image
 * @param {readonly Point[]} landmarks left eye, right eye, nose, left and right mouth corner, as the viewer
 *   sees them, in pixels. Where they all coincide, the crop is the pixels around them.
 * @param {FaceFormat} format
 * @returns {Uint8Array} side × side, × 3 in color; area-averaged where it shrinks; outside the image, the
 *   nearest pixel of its edge.
 */
export function cropFace(image, landmarks, format) {
  const { turn, shift } = fitLandmarks(landmarks, format.side);
  const samples = samplesFor(Math.hypot(...turn));
  const part = partAround(image, turn, shift, format.side);
  const steps = stepsOf(format.side, samples);
  const left = shift[0] - part.left, top = shift[1] - part.top;
  const across = {
    x: Float64Array.from(steps, (step) => turn[0] * step + left - 0.5),
    y: Float64Array.from(steps, (step) => turn[1] * step + top - 0.5),
  };
  const down = {
    x: Float64Array.from(steps, (step) => -turn[1] * step),
    y: Float64Array.from(steps, (step) => turn[0] * step),
  };
  return sample(image, part, across, down, samples, format);
}

/**
 * Converts an image that already is a cropped face to the format that a model takes.
 *
 * @param {Image} image of any size. One that is not square keeps its proportions: its edges are repeated
 *   until it is.
 * @param {FaceFormat} format
 * @returns {Uint8Array} side × side, × 3 in color; the bytes of an image of that format.
 */
export function resizeCrop(image, format) {
  const side = Math.max(image.width, image.height);
  /** @type {Point} */
  const turn = [side / format.side, 0];
  /** @type {Point} */
  const shift = [(image.width - side) / 2, (image.height - side) / 2];
  const samples = samplesFor(turn[0]);
  const part = partAround(image, turn, shift, format.side);
  const scale = Math.fround(turn[0]);
  // NumPy keeps single precision here, because the transform has Python's own numbers.
  const steps = Float32Array.from(stepsOf(format.side, samples), (step) => scale * step);
  const left = Math.fround(shift[0] - part.left), top = Math.fround(shift[1] - part.top);
  const across = {
    x: Float64Array.from(steps, (step) => Math.fround(Math.fround(step + left) - 0.5)),
    y: new Float64Array(steps.length).fill(Math.fround(top - 0.5)),
  };
  return sample(image, part, across, { x: new Float64Array(steps.length), y: Float64Array.from(steps) }, samples,
    format);
}

/**
 * Returns the upright square that a face fills as in FER2013.
 *
 * @param {readonly Point[]} landmarks in pixels.
 * @returns {{x: number, y: number, side: number}} its center and its side, in pixels; the side is 1 or more.
 */
export function faceSquare(landmarks) {
  const [x, y] = mean(landmarks);
  const side = Math.max(spreadOf(landmarks, [x, y]) / SPREAD, 1);
  return { x: x - side * (MIDDLE[0] - 0.5), y: y - side * (MIDDLE[1] - 0.5), side };
}

/**
 * Fits the least-squares transform from the pixels of a crop to those of the image.
 *
 * S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991; in
 * complex numbers the solution is one division. The error is measured in the crop, so the transform is
 * fitted from the image to the crop, then inverted.
 *
 * @param {readonly Point[]} landmarks in pixels.
 * @param {number} side of the crop.
 * @returns {Transform}
 */
export function fitLandmarks(landmarks, side) {
  const middle = mean(landmarks), goal = mean(FER2013_LANDMARKS.map(([x, y]) => [side * x, side * y]));
  let spread = 0, real = 0, imaginary = 0;
  landmarks.forEach(([x, y], i) => {
    const a = x - middle[0], b = y - middle[1];
    const c = side * FER2013_LANDMARKS[i][0] - goal[0], d = side * FER2013_LANDMARKS[i][1] - goal[1];
    spread += a * a + b * b;
    real += a * c + b * d;
    imaginary += a * d - b * c;
  });
  const turn = spread > MIN_SPREAD ? invert([real / spread, imaginary / spread]) : /** @type {Point} */ ([1, 0]);
  return {
    turn,
    shift: [
      middle[0] - (turn[0] * goal[0] - turn[1] * goal[1]),
      middle[1] - (turn[0] * goal[1] + turn[1] * goal[0]),
    ],
  };
}

/** @param {Point} turn @returns {Point} 1 / turn; 1 where that would have no bounds. */
function invert([real, imaginary]) {
  const square = real * real + imaginary * imaginary;
  return Math.sqrt(square) > 1e-6 ? [real / square, -imaginary / square] : [1, 0];
}

/** @param {readonly Point[]} points five. @returns {Point} added in NumPy's order. */
function mean([a, b, c, d, e]) {
  return [(a[0] + b[0] + (c[0] + d[0]) + e[0]) * 0.2, (a[1] + b[1] + (c[1] + d[1]) + e[1]) * 0.2];
}

/** @param {readonly Point[]} points @param {Point} middle @returns {number} the root mean square distance. */
function spreadOf(points, [x, y]) {
  const squares = points.reduce((sum, [a, b]) => sum + ((a - x) ** 2 + (b - y) ** 2), 0);
  return Math.sqrt(squares / points.length);
}

/** @param {number} scale pixels of the image to one of the crop. @returns {number} samples a side of a pixel. */
function samplesFor(scale) {
  return Math.min(Math.max(Math.ceil(roundHalfEven(scale * 1e6) / 1e6), 1), MOST_SAMPLES);
}

/** @param {number} side @param {number} samples @returns {Float32Array} where the samples lie along a side. */
function stepsOf(side, samples) {
  return Float32Array.from({ length: side * samples }, (_, i) => (i + 0.5) / samples);
}

/**
 * Returns the part of an image that a crop is sampled from, of one pixel or more.
 *
 * @param {Image} image
 * @param {Point} turn
 * @param {Point} shift
 * @param {number} side
 * @returns {Part}
 */
function partAround({ width, height }, turn, shift, side) {
  const [a, b] = [turn[0] * side, turn[1] * side];
  const [left, right] = span([0, a, -b, a - b].map((x) => shift[0] + x), width);
  const [top, bottom] = span([0, b, a, a + b].map((y) => shift[1] + y), height);
  return { left, top, width: right - left, height: bottom - top };
}

/** @param {number[]} values @param {number} length @returns {[number, number]} */
function span(values, length) {
  const first = clamp(Math.floor(Math.min(...values)) - 1, 0, length - 1);
  return [first, clamp(Math.ceil(Math.max(...values)) + 1, first + 1, length)];
}

/** @param {number} value @param {number} low @param {number} high @returns {number} */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/**
 * Averages samples × samples bilinear samples in each pixel of the crop.
 *
 * @param {Image} image
 * @param {Part} part
 * @param {Steps} across in pixels of the part.
 * @param {Steps} down
 * @param {number} samples
 * @param {FaceFormat} format
 * @returns {Uint8Array}
 */
function sample(image, part, across, down, samples, { side, color }) {
  if (color === "gray") return average(readGray(image, part), part, across, down, samples, side);
  const crop = new Uint8Array(side * side * 3);
  for (let channel = 0; channel < 3; channel++) {
    const plane = average(readChannel(image, part, channel), part, across, down, samples, side);
    for (let i = 0; i < plane.length; i++) crop[3 * i + channel] = plane[i];
  }
  return crop;
}

/**
 * @param {Image} image
 * @param {Part} part
 * @returns {Uint8Array} its gray values, and a row of zeros, which is read with a weight of 0.
 */
function readGray({ width: stride, channels, data }, { left, top, width, height }) {
  const gray = new Uint8Array(width * (height + 1) + 1);
  for (let y = 0, at = 0; y < height; y++) {
    let from = ((top + y) * stride + left) * channels;
    for (let x = 0; x < width; x++, from += channels) gray[at++] = luma(data[from], data[from + 1], data[from + 2]);
  }
  return gray;
}

/**
 * @param {Image} image
 * @param {Part} part
 * @param {number} channel
 * @returns {Uint8Array} its values, and a row of zeros.
 */
function readChannel({ width: stride, channels, data }, { left, top, width, height }, channel) {
  const plane = new Uint8Array(width * (height + 1) + 1);
  for (let y = 0, at = 0; y < height; y++) {
    let from = ((top + y) * stride + left) * channels + channel;
    for (let x = 0; x < width; x++, from += channels) plane[at++] = data[from];
  }
  return plane;
}

/**
 * Averages bilinear samples in single precision, added in NumPy's order.
 *
 * @param {Uint8Array} plane
 * @param {Part} part
 * @param {Steps} across
 * @param {Steps} down
 * @param {number} samples a side of a pixel.
 * @param {number} side
 * @returns {Uint8Array}
 */
function average(plane, part, across, down, samples, side) {
  const crop = new Uint8Array(side * side), sums = new Float32Array(side);
  for (let row = 0; row < side; row++) {
    sums.fill(0);
    for (let i = row * samples; i < (row + 1) * samples; i++) {
      addRow(plane, part, across, { x: down.x[i], y: down.y[i] }, samples, sums);
    }
    for (let column = 0; column < side; column++) {
      crop[row * side + column] = roundHalfEven(Math.fround(sums[column] / (samples * samples)));
    }
  }
  return crop;
}

/**
 * Adds one row of samples, which lie at most on the part's edges, to the sums of the crop's pixels in that row.
 *
 * @param {Uint8Array} plane
 * @param {Part} part
 * @param {Steps} across
 * @param {{x: number, y: number}} down to the row.
 * @param {number} samples a side of a pixel.
 * @param {Float32Array} sums
 */
function addRow(plane, { width, height }, across, down, samples, sums) {
  const line = new Float32Array(samples);
  for (let column = 0, at = 0; column < sums.length; column++) {
    for (let j = 0; j < samples; j++, at++) {
      const x = clamp(Math.fround(across.x[at] + down.x), 0, width - 1);
      const y = clamp(Math.fround(across.y[at] + down.y), 0, height - 1);
      line[j] = bilinear(plane, width, x, y);
    }
    sums[column] += addPairwise(line);
  }
}

/**
 * @param {Uint8Array} plane
 * @param {number} width
 * @param {number} x
 * @param {number} y
 * @returns {number} between its pixels, in single precision.
 */
function bilinear(plane, width, x, y) {
  const left = x | 0, top = y | 0;
  const right = Math.fround(x - left), low = Math.fround(y - top);
  const at = top * width + left, below = at + width;
  const upper = mix(plane[at], plane[at + 1], right);
  return mix(upper, mix(plane[below], plane[below + 1], right), low);
}

/** @param {number} from @param {number} to @param {number} share @returns {number} in single precision. */
function mix(from, to, share) {
  return Math.fround(from + Math.fround(share * Math.fround(to - from)));
}

/** @param {Float32Array} line of at most 8 numbers. @returns {number} their sum, as NumPy adds so few. */
function addPairwise(line) {
  const fround = Math.fround;
  if (line.length === 8) {
    const [a, b, c, d, e, f, g, h] = line;
    return fround(
      fround(fround(a + b) + fround(c + d)) + fround(fround(e + f) + fround(g + h)),
    );
  }
  let sum = 0;
  for (let i = 0; i < line.length; i++) sum = fround(sum + line[i]);
  return sum;
}
