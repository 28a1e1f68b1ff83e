import assert from "node:assert/strict";
import test, { mock } from "node:test";

/** @import { Baseline } from "../../src/index.js" */
/** @import { Result } from "../../src/types.js" */
/** @import { ExperimentCamera } from "../../experiments/camera.js" */
import { useNeutralFace } from "../../experiments/neutral.js";

/**
 * @param {number} time
 * @param {[number, number][]} faces person and probability of neutral, from the largest.
 * @returns {Result}
 */
function frame(time, faces) {
  return {
    source: "camera", frame: 0, time, width: 640, height: 480,
    faces: faces.map(([person, neutral]) => ({
      box: [0, 0, 10, 10], score: 1, landmarks: [], emotion: "neutral", confidence: neutral, person,
      probabilities: { sad: 1 - neutral, neutral },
    })),
  };
}

/** Gives results to a recording; returns the baselines that the camera was told to use. @param {Result[]} results */
async function record(results) {
  /** @type {(?Baseline)[]} */
  const used = [];
  mock.timers.enable({ apis: ["setTimeout"] });
  const camera = {
    useBaseline: async (/** @type {?Baseline} */ baseline) => void used.push(baseline),
    subscribe: (/** @type {(result: Result) => void} */ listener) => {
      results.forEach(listener);
      return () => {};
    },
  };
  const done = useNeutralFace(/** @type {ExperimentCamera} */ (/** @type {unknown} */ (camera)), 4000);
  await Promise.resolve();
  mock.timers.tick(4000);
  return { used, done: done.finally(() => mock.timers.reset()) };
}

test("the baseline is the participant's, and corrects whichever id they get later", async () => {
  const results = [frame(0, [[2, 0.99]]), ...[1, 2, 3].map((time) => frame(time, [[1, 0.6], [2, 0.99]]))];
  const { used, done } = await record(results);
  const baseline = await done;
  assert.equal(baseline.person, null);
  assert.equal(baseline.looks, 3);
  assert.ok(Math.abs(baseline.neutral.neutral - baseline.neutral.sad - Math.log(0.6 / 0.4)) < 1e-9);
  assert.deepEqual(used, [null, baseline]);
});

test("nothing is corrected where another expression was shown, or no face", async () => {
  for (const results of [[frame(0, [[1, 0.02]]), frame(1, [[1, 0.02]])], []]) {
    const { used, done } = await record(results);
    await assert.rejects(done, { name: "StudyError" });
    assert.deepEqual(used, [null]);
  }
});
