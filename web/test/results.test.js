import assert from "node:assert/strict";
import test from "node:test";

import { round, toFace, toResult } from "../src/results.js";

const labels = ["happy", "sad"];
const box = { x: 1.25, y: 2.35, width: 3, height: 4 };
const detection = { box, score: 0.98765, landmarks: /** @type {[number, number][]} */ ([[0.05, 1.449]]), turned: 0 };

test("numbers are rounded as Python rounds them, a half to the even digit", () => {
  const cases = /** @type {[number, number, number][]} */ ([
    [1.25, 1, 1.2], [1.75, 1, 1.8], [-1.25, 1, -1.2], [2.5, 0, 2], [0.15, 1, 0.1], [2.675, 2, 2.67],
    [0.0000005, 6, 0.0], [0.0000015, 6, 0.000002], [179.95, 1, 179.9], [3, 1, 3], [1e9 + 0.25, 1, 1e9 + 0.2],
  ]);
  for (const [value, decimals, expected] of cases) assert.equal(round(value, decimals), expected, String(value));
});

test("a photo's face has no person and nothing smoothed", () => {
  assert.deepEqual(toFace({ detection, labels, probabilities: [0.25, 0.75] }), {
    box: [1.2, 2.4, 3, 4], score: 0.9877, landmarks: [[0.1, 1.4]], emotion: "sad", confidence: 0.75,
    probabilities: { happy: 0.25, sad: 0.75 },
  });
});

test("a stream's face shows what is smoothed, or the label that is held", () => {
  const stream = { detection, labels, probabilities: [0.25, 0.75], person: 3, smoothed: [0.6, 0.4] };
  assert.equal(toFace(stream).emotion, "happy");
  const held = toFace({ ...stream, held: 1, attributes: { yaw: 1.23456 } });
  assert.deepEqual([held.emotion, held.confidence, held.person, held.attributes], ["sad", 0.4, 3, { yaw: 1.2346 }]);
});

test("a face is unsure below the threshold, and keeps its confidence", () => {
  const face = toFace({ detection, labels, probabilities: [0.4, 0.6], unsureBelow: 0.61 });
  assert.deepEqual([face.emotion, face.confidence], ["unsure", 0.6]);
});

test("what does not apply is absent from a result", () => {
  const image = { source: "a.jpg", frame: 0, time: 0, width: 10, height: 8, faces: [] };
  assert.deepEqual(toResult(image), image);
  assert.deepEqual(Object.keys(toResult({ ...image, prior: "uniform", detector: "yunet" })),
    ["source", "frame", "time", "width", "height", "prior", "detector", "faces"]);
});
