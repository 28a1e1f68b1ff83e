import assert from "node:assert/strict";
import test from "node:test";

import { Smoother, Steady } from "../../src/tracking/smoothing.js";
import { readGolden } from "../golden.js";

const { frames, displayed } = readGolden("smoothing");

for (const [constant, expected] of Object.entries(displayed)) {
  test(`a time constant of ${constant} s displays what Python displays`, () => {
    const steady = new Steady(Number(constant));
    frames.forEach((/** @type {any} */ { persons, rows, time }, /** @type {number} */ i) => {
      const { means, held } = steady.update(persons, rows, time);
      assert.deepEqual(held, expected[i].held, `frame ${i}`);
      means.flat().forEach((value, at) => assert.ok(Math.abs(value - expected[i].means.flat()[at]) < 1e-7)); // Python has single precision
    });
  });
}

test("a smoothing that is no time is refused", () => {
  for (const constant of [-1, NaN, Infinity]) assert.throws(() => new Smoother(constant), RangeError);
});
