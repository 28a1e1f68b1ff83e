import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Aligner } from "../src/alignment.js";
import { readGolden } from "./golden.js";
import { openONet } from "./networks.js";

const PIXELS = 1e-3, SCORE = 1e-5; // the network's arithmetic differs from Python's in the last bits
const { batches } = readGolden("alignment");

/** @type {Aligner} */
let aligner;

before(async () => {
  aligner = new Aligner(await openONet());
});

/** @param {string[]} crops @returns {Uint8Array[]} */
function decode(crops) {
  return crops.map((crop) => new Uint8Array(Buffer.from(crop, "base64")));
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b @returns {number} */
function farthest(a, b) {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
}

test("finds Python's landmarks on images that are crops", async () => {
  for (const { side, color, crops, landmarks, scores } of batches) {
    const found = await aligner.findLandmarks(decode(crops), { side, color });
    found.forEach(({ landmarks: points, score }, i) => {
      assert.ok(farthest(points.flat(), landmarks[i].flat()) <= PIXELS);
      assert.ok(Math.abs(score - scores[i]) <= SCORE);
    });
  }
});

test("aligns the tilted faces that Python aligns, and leaves the others as they are", async () => {
  for (const { side, color, crops, aligned, reliable } of batches) {
    const faces = decode(crops), expected = decode(aligned);
    const found = await aligner.align(faces, { side, color });
    found.forEach((crop, i) => assert.ok(farthest(crop, expected[i]) <= 1));
    assert.deepEqual(found.map((crop, i) => crop !== faces[i]), reliable);
    assert.ok(reliable.includes(true) && reliable.includes(false));
  }
});

test("aligns no faces where there are none", async () => {
  assert.deepEqual(await aligner.align([], { side: 48, color: "gray" }), []);
});
