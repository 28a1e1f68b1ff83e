import assert from "node:assert/strict";
import { test } from "node:test";

import { prefetch } from "../../src/media/prefetch.js";

/**
 * Frames that note what happens to them.
 *
 * @param {number} count
 * @param {string[]} log
 * @param {number} [fails] the number of one that cannot be read.
 */
async function* numbered(count, log, fails = Infinity) {
  try {
    for (let number = 0; number < count; number++) {
      if (number === fails) throw new Error(`frame ${number} is broken`);
      log.push(`read ${number}`);
      const image = /** @type {ImageBitmap} */ ({ close: () => void log.push(`close ${number}`) });
      yield { image, number, time: number };
    }
  } finally {
    log.push("end");
  }
}

test("the next frame is read while one is worked on, and all come in order", async () => {
  /** @type {string[]} */
  const log = [];
  for await (const { number } of prefetch(numbered(3, log))) {
    await new Promise(setImmediate);
    log.push(`use ${number}`);
  }
  assert.deepEqual(log, ["read 0", "read 1", "use 0", "read 2", "use 1", "end", "use 2"]);
});

test("a stream that is left early closes the frame that nobody takes, and its source", async () => {
  /** @type {string[]} */
  const log = [];
  for await (const { number } of prefetch(numbered(3, log))) if (number === 0) break;
  assert.deepEqual(log, ["read 0", "read 1", "close 1", "end"]);
});

test("a frame that cannot be read is an error once the frames before it are used", async () => {
  /** @type {number[]} */
  const used = [];
  await assert.rejects(async () => {
    for await (const { number } of prefetch(numbered(3, [], 2))) used.push(number);
  }, /frame 2 is broken/);
  assert.deepEqual(used, [0, 1]);
});
