import assert from "node:assert/strict";
import { test } from "node:test";

import { cropFace, faceSquare, fitLandmarks, resizeCrop } from "../src/crop.js";
import { digest, pattern, readFrame, readGolden } from "./golden.js";

/** @type {import("../src/types.js").FaceFormat[]} those of `scripts/golden/crop.py`. */
const FORMATS = [
  { side: 48, color: "gray" },
  { side: 112, color: "rgb" },
  { side: 64, color: "rgb" },
];
const golden = readGolden("crop");
const frame = readFrame(golden.frame);

/** @param {number[]} actual @param {number[]} expected */
function assertClose(actual, expected) {
  actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${actual} is not ${expected}`));
}

test("crops faces to Python's bytes: turned, small, large, beyond the edge", () => {
  for (const { landmarks, crop, digests } of golden.faces) {
    assert.deepEqual(Buffer.from(cropFace(frame, landmarks, FORMATS[0])), Buffer.from(crop, "base64"));
    assert.deepEqual(FORMATS.map((format) => digest(cropFace(frame, landmarks, format))), digests);
  }
});

test("finds Python's square and transform of landmarks", () => {
  for (const { landmarks, square, turn, shift } of golden.faces) {
    const { x, y, side } = faceSquare(landmarks);
    assertClose([x, y, side], square);
    const fitted = fitLandmarks(landmarks, 48);
    assertClose([...fitted.turn, ...fitted.shift], [...turn, ...shift]);
  }
});

test("resizes images that are crops to Python's bytes, with alpha or without", () => {
  for (const { size: [width, height], digests } of golden.crops) {
    for (const channels of /** @type {const} */ ([3, 4])) {
      const image = pattern(width, height, channels);
      assert.deepEqual(FORMATS.map((format) => digest(resizeCrop(image, format))), digests, `${width}x${height}`);
    }
  }
});

test("returns the bytes of a crop that already has the format", () => {
  const image = pattern(112, 112);
  assert.deepEqual(resizeCrop(image, FORMATS[1]), image.data);
});
