import assert from "node:assert/strict";
import { test } from "node:test";

import { measureFace, QUANTITIES } from "../../src/attributes/index.js";
import { cropFace } from "../../src/crop.js";
import { readFrame, readGolden } from "../golden.js";

const golden = readGolden("attributes");
const frame = readFrame(golden.frame);

/** @param {Record<string, number>} actual @param {Record<string, number>} expected */
function assertMeasured(actual, expected) {
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    const most = 1e-5 * Math.max(Math.abs(value), 1); // Python's variances are of single precision
    assert.ok(Math.abs(actual[name] - value) <= most, `${name}: ${actual[name]} is not ${value}`);
  }
}

test("measures faces as Python does: turned, small, uncertain, without a pose", () => {
  for (const { detection, side, color, scale, attributes } of golden.faces) {
    const crop = cropFace(frame, detection.landmarks, { side, color });
    assertMeasured(measureFace({ image: frame, detection, crop, format: { side, color }, scale }), attributes);
  }
});

test("measures images that are crops as Python does", () => {
  for (const { size: [width, height], crop, attributes } of golden.crops) {
    const gray = new Uint8Array(Buffer.from(crop, "base64"));
    const format = { side: 48, color: /** @type {const} */ ("gray") };
    assertMeasured(measureFace({ image: { width, height }, detection: null, crop: gray, format }), attributes);
  }
});

test("calls a face of one gray value not sharp", () => {
  const crop = new Uint8Array(48 * 48).fill(120);
  const format = { side: 48, color: /** @type {const} */ ("gray") };
  const measured = measureFace({ image: { width: 48, height: 48 }, detection: null, crop, format });
  assert.deepEqual(measured, { side: 48, sharpness: 0, brightness: 120, usable: 0, usable_reason: 2 });
});

test("has Python's names, units and descriptions", () => {
  assert.deepEqual(QUANTITIES, golden.quantities);
});
