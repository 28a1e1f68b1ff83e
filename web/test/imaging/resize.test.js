import assert from "node:assert/strict";
import { test } from "node:test";

import { toGray } from "../../src/imaging/gray.js";
import { resize, resizeFloats, resizeGray } from "../../src/imaging/resize.js";
import { digest, pattern, readGolden } from "../golden.js";

const golden = readGolden("resize");

test("resizes color images to Pillow's bytes, with alpha or without", () => {
  for (const { size, new: [width, height], filter, gap, color } of golden.cases) {
    for (const channels of /** @type {const} */ ([3, 4])) {
      const resized = resize(pattern(size[0], size[1], channels), width, height, filter, gap);
      assert.deepEqual([resized.width, resized.height, resized.channels], [width, height, 3]);
      assert.equal(digest(resized.data), color, `${size} to ${width},${height} by ${filter}, gap ${gap}`);
    }
  }
});

test("resizes gray images to Pillow's bytes", () => {
  for (const { size: [width, height], new: [newWidth, newHeight], filter, gray } of golden.cases) {
    const resized = resizeGray(toGray(pattern(width, height)), width, height, newWidth, newHeight, filter);
    assert.equal(digest(resized), gray, `${width},${height} to ${newWidth},${newHeight} by ${filter}`);
  }
});

test("resizes numbers to Pillow's", () => {
  for (const { size: [width, height], new: [newWidth, newHeight], digest: expected } of golden.floats) {
    const { data } = pattern(width, height);
    const values = Float32Array.from({ length: width * height }, (_, i) => data[3 * i] / 7);
    assert.equal(digest(resizeFloats(values, width, height, newWidth, newHeight, "box")), expected);
  }
});

test("leaves the image as it is", () => {
  const image = pattern(40, 30, 4);
  const before = digest(image.data);
  resize(image, 10, 7, "hamming", 2);
  assert.equal(digest(image.data), before);
});
