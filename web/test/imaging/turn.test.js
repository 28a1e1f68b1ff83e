import assert from "node:assert/strict";
import { test } from "node:test";

import { turn } from "../../src/imaging/turn.js";

const IMAGE = { width: 3, height: 2, channels: /** @type {3} */ (3), data: paint("abcdef") };

/** @param {string} letters @returns {Uint8Array} a pixel each. */
function paint(letters) {
  return Uint8Array.from([...letters].flatMap((letter) => [letter.charCodeAt(0), 1, 2]));
}

test("turns counter-clockwise by quarters", () => {
  assert.deepEqual(turn(IMAGE, 1), { width: 2, height: 3, channels: 3, data: paint("cfbead") });
  assert.deepEqual(turn(IMAGE, 2), { width: 3, height: 2, channels: 3, data: paint("fedcba") });
  assert.deepEqual(turn(IMAGE, 3), { width: 2, height: 3, channels: 3, data: paint("daebfc") });
  assert.equal(turn(IMAGE, 4), IMAGE);
});
