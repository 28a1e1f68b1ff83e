import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { Analyzer } from "../../src/analyzer.js";
import { readFrame, readGolden } from "../golden.js";
import { findONet, openNetwork, openYuNet } from "../networks.js";

/** @import { Image } from "../../src/types.js" */

const { model, width, height, scenes, results } = readGolden("series");

test("people keep Python's numbers, labels and probabilities over a stream with a cut", async () => {
  const bytes = readFileSync(new URL(`../../../src/mien/models/${model}.onnx`, import.meta.url));
  const yunet = await openYuNet(), onet = await openNetwork(findONet());
  const analyzer = await Analyzer.open({ model: { name: model, bytes }, yunet, onet });
  const follow = analyzer.track();
  for (const expected of results) {
    const image = draw(scenes[expected.frame]);
    const result = await follow({ image, number: expected.frame, time: expected.time, source: "series" });
    compare(result, expected, `frame ${expected.frame}`);
  }
});

/** @param {any} actual @param {any} expected @param {string} path */
function compare(actual, expected, path) {
  if (typeof expected === "number") {
    const tolerance = /attributes|box|landmarks/.test(path) ? 0.11 : 2e-3; // a digit of what is rounded to one
    return assert.ok(Math.abs(actual - expected) <= tolerance, `${path}: ${actual} is not ${expected}`);
  }
  if (typeof expected !== "object" || expected === null) return assert.equal(actual, expected, path);
  assert.deepEqual(Object.keys(actual), Object.keys(expected), path);
  for (const key of Object.keys(expected)) compare(actual[key], expected[key], `${path}/${key}`);
}

/**
 * Pastes portraits on a background that goes from one gray to another, as `scripts/golden/series.py`.
 *
 * @param {{light: [number, number], places: [string, number, number][]}} scene
 * @returns {Image}
 */
function draw({ light: [first, last], places }) {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0, x = 0; at < data.length; at += 3, x = (x + 1) % width) {
    data.fill(first + Math.floor(((last - first) * x) / (width - 1)), at, at + 3);
  }
  for (const [name, left, top] of places) {
    const portrait = readFrame(`portrait-${name}`);
    for (let y = 0; y < portrait.height; y++) {
      const row = portrait.data.subarray(y * portrait.width * 3, (y + 1) * portrait.width * 3);
      data.set(row, ((top + y) * width + left) * 3);
    }
  }
  return { width, height, channels: 3, data };
}
