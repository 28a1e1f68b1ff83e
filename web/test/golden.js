import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { decodePng } from "./png.js";

const FOLDER = new URL("../../tests/golden/", import.meta.url);

/**
 * Reads what Python made of the golden frames.
 *
 * @param {string} topic
 * @returns {any}
 */
export function readGolden(topic) {
  return JSON.parse(readFileSync(new URL(`${topic}.json`, FOLDER), "utf8"));
}

/**
 * Reads a golden frame.
 *
 * @param {string} name
 * @returns {import("../src/types.js").Image}
 */
export function readFrame(name) {
  return decodePng(readFileSync(new URL(`frames/${name}.png`, FOLDER)));
}

/**
 * Returns the SHA-256 of an array's bytes.
 *
 * @param {Uint8Array|Uint8ClampedArray|Float32Array} data
 * @returns {string}
 */
export function digest(data) {
  return createHash("sha256").update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).digest("hex");
}

/**
 * Draws the pattern of `scripts/golden/resize.py`.
 *
 * @param {number} width
 * @param {number} height
 * @param {3|4} [channels]
 * @returns {import("../src/types.js").Image}
 */
export function pattern(width, height, channels = 3) {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      for (let channel = 0; channel < 3; channel++) {
        data[at + channel] = Math.floor(((x * x * 3 + y * y * 5) * (channel + 1)) / 7) + x * y + 80 * channel;
      }
    }
  }
  return { width, height, channels, data };
}
