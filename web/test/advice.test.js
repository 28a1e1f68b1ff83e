import assert from "node:assert/strict";
import { test } from "node:test";

import { findWarnings } from "../src/advice.js";

/** @type {import("../src/types.js").Point[]} */
const LANDMARKS = [[45, 40], [75, 40], [60, 60], [47, 75], [73, 75]];
const image = { width: 300, height: 300, channels: /** @type {3} */ (3), data: new Uint8Array() };

/** @param {{turned?: number, shift?: number}} [options] */
function face({ turned = 0, shift = 0 } = {}) {
  /** @type {import("../src/types.js").Point[]} */
  const landmarks = LANDMARKS.map(([x, y]) => [x - shift, y]);
  return { box: { x: 40, y: 20, width: 60, height: 80 }, score: 0.9, landmarks, turned };
}

test("a good image has no warning", () => {
  assert.deepEqual(findWarnings(image, [face(), face({ turned: 90 })]), []);
  assert.deepEqual(findWarnings(image, []), []);
});

test("each sign is told in Python's words", () => {
  const [side] = findWarnings(image, [face({ turned: 90 }), face({ turned: 270 })]);
  assert.match(side, /^every face lies on its side/);
  assert.match(findWarnings(image, [face({ turned: 180 })])[0], /upside down/);
  assert.match(findWarnings(image, [face({ shift: 45 })])[0], /^a face is cut too tight: \d+% of what/);
  assert.match(findWarnings({ ...image, width: 200, height: 256 }, [])[0], /use analyze_crop$/);
});
