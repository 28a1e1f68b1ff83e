import { resizeView } from "../imaging/resize.js";
import { roundHalfEven } from "../imaging/rounding.js";
import { regress } from "./boxes.js";

/**
 * O-Net, the last of MTCNN's three networks: whether a window shows a face, and its landmarks.
 *
 * K. Zhang, Z. Zhang, Z. Li, Y. Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded
 * Convolutional Networks", 2016.
 *
 * @import { Image, Network, Point } from "../types.js"
 * @import { Edges } from "./boxes.js"
 *
 * @typedef {Object} Judgement of a cut, in fractions of it.
 * @property {Edges} offsets how far each edge of the face's box lies from the cut's.
 * @property {Point[]} landmarks five.
 * @property {number} score 0 to 1.
 *
 * @typedef {{edges: Edges, landmarks: Point[], score: number}} Confirmed in pixels of the image.
 */

/** Side of O-Net's input, in pixels. */
export const ONET_SIDE = 48;

const SIZE = ONET_SIDE * ONET_SIDE * 3; // bytes of a cut
const INPUT = "input_3", OFFSETS = "dense_5", LANDMARKS = "dense_6", ODDS = "softmax_2";
const MIRRORED = [1, 0, 2, 4, 3]; // the order of the landmarks in a mirror image
const FILTER = "hamming"; // as sharp as a box, but weighs pixels that are cut in part
const GAP = 2; // times the final size, to which a large window is first shrunk
const BATCH = 128; // cuts that go through the network at once; bounds memory
const SCALED = Float32Array.from({ length: 256 }, (_, value) => (value - 127.5) / 128);

const { fround } = Math;

/** Judges windows. */
export class ONet {
  #network;

  /** @param {Network} network of `onet.onnx`. */
  constructor(network) {
    this.#network = network;
  }

  /**
   * Judges each cut once.
   *
   * @param {readonly Uint8Array[]} cuts each `ONET_SIDE` × `ONET_SIDE` × 3, RGB.
   * @returns {Promise<Judgement[]>}
   */
  async judge(cuts) {
    const judged = [];
    for (let start = 0; start < cuts.length; start += BATCH) {
      judged.push(...(await this.#judgeBatch(cuts.slice(start, start + BATCH))));
    }
    return judged;
  }

  /**
   * Judges each cut and its mirror image, whose mean is nearer to the truth than one pass.
   *
   * @param {readonly Uint8Array[]} cuts as for `judge`.
   * @param {readonly Edges[]} windows what the cuts show, square, in pixels of the image.
   * @returns {Promise<Confirmed[]>}
   */
  async confirm(cuts, windows) {
    const judged = await this.judgeMirrored(cuts);
    return judged.map(({ offsets, landmarks, score }, i) => {
      const [left, top, right, bottom] = windows[i];
      return {
        edges: regress(windows[i], offsets),
        landmarks: landmarks.map(([x, y]) => [
          fround(left + fround((right - left) * x)),
          fround(top + fround((bottom - top) * y)),
        ]),
        score,
      };
    });
  }

  /**
   * Judges each cut and its mirror image, and returns the mean.
   *
   * @param {readonly Uint8Array[]} cuts as for `judge`.
   * @returns {Promise<Judgement[]>}
   */
  async judgeMirrored(cuts) {
    const judged = await this.judge([...cuts, ...cuts.map(mirror)]);
    return cuts.map((_, i) => average(judged[i], judged[cuts.length + i]));
  }

  /** @param {readonly Uint8Array[]} cuts @returns {Promise<Judgement[]>} */
  async #judgeBatch(cuts) {
    const data = new Float32Array(cuts.length * SIZE);
    cuts.forEach((cut, i) => writeInput(cut, data.subarray(i * SIZE)));
    const dims = [cuts.length, ONET_SIDE, ONET_SIDE, 3];
    const found = await this.#network.run({ [INPUT]: { type: "float32", dims, data } });
    const offsets = found[OFFSETS].data, marks = found[LANDMARKS].data, odds = found[ODDS].data;
    return cuts.map((_, i) => ({
      offsets: [offsets[4 * i], offsets[4 * i + 1], offsets[4 * i + 2], offsets[4 * i + 3]],
      landmarks: MIRRORED.map((_, point) => [marks[10 * i + point], marks[10 * i + 5 + point]]),
      score: odds[2 * i + 1],
    }));
  }
}

/**
 * Returns a square of whole pixels, so that its edges are exactly those of its cut.
 *
 * @param {number} x of its middle.
 * @param {number} y
 * @param {number} side
 * @returns {Edges}
 */
export function wholeSquare(x, y, side) {
  const pixels = Math.max(roundHalfEven(side), 2);
  const left = roundHalfEven(x - pixels / 2), top = roundHalfEven(y - pixels / 2);
  return [left, top, left + pixels, top + pixels];
}

/**
 * Cuts one window, at O-Net's size; outside the image is black, as in MTCNN's training.
 *
 * @param {Image} image
 * @param {Edges} window in whole pixels.
 * @returns {Uint8Array}
 */
export function cutSquare({ width, height, channels, data }, [left, top, right, bottom]) {
  const stride = width * channels, side = right - left;
  const inside = left >= 0 && top >= 0 && right <= width && bottom <= height;
  const view = inside
    ? { width: side, height: side, channels, stride, start: top * stride + left * channels, data }
    : blacken({ width, height, channels, data }, left, top, side);
  return resizeView(view, ONET_SIDE, ONET_SIDE, FILTER, GAP);
}

/**
 * Copies a square that lies outside an image in part.
 *
 * @param {Image} image
 * @param {number} left
 * @param {number} top
 * @param {number} side
 * @returns {import("../imaging/resize.js").View}
 */
function blacken({ width, height, channels, data }, left, top, side) {
  const square = new Uint8Array(side * side * channels);
  const first = Math.max(left, 0), end = Math.min(left + side, width);
  for (let y = Math.max(top, 0); first < end && y < Math.min(top + side, height); y++) {
    const row = data.subarray((y * width + first) * channels, (y * width + end) * channels);
    square.set(row, ((y - top) * side + first - left) * channels);
  }
  return { width: side, height: side, channels, stride: side * channels, start: 0, data: square };
}

/** @param {Uint8Array} cut @returns {Uint8Array} left and right swapped. */
function mirror(cut) {
  const mirrored = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += 3) {
    const row = at - (at % (3 * ONET_SIDE));
    const from = row + (3 * (ONET_SIDE - 1) - (at - row));
    mirrored[at] = cut[from];
    mirrored[at + 1] = cut[from + 1];
    mirrored[at + 2] = cut[from + 2];
  }
  return mirrored;
}

/**
 * Writes a cut as the network takes it: in -1..1, columns before rows.
 *
 * @param {Uint8Array} cut
 * @param {Float32Array} input
 */
function writeInput(cut, input) {
  for (let x = 0, at = 0; x < ONET_SIDE; x++) {
    for (let y = 0; y < ONET_SIDE; y++) {
      const from = (y * ONET_SIDE + x) * 3;
      input[at++] = SCALED[cut[from]];
      input[at++] = SCALED[cut[from + 1]];
      input[at++] = SCALED[cut[from + 2]];
    }
  }
}

/** @param {Judgement} direct @param {Judgement} mirrored of the mirror image. @returns {Judgement} the mean. */
function average(direct, mirrored) {
  const [left, top, right, bottom] = mirrored.offsets, [a, b, c, d] = direct.offsets;
  return {
    offsets: [middle(a, -right), middle(b, top), middle(c, -left), middle(d, bottom)],
    landmarks: direct.landmarks.map(([x, y], i) => {
      const [across, down] = mirrored.landmarks[MIRRORED[i]];
      return [middle(x, fround(1 - across)), middle(y, down)];
    }),
    score: middle(direct.score, mirrored.score),
  };
}

/** @param {number} a @param {number} b @returns {number} in single precision. */
function middle(a, b) {
  return fround(fround(a + b) / 2);
}
