import assert from "node:assert/strict";
import test from "node:test";

/** @import { Result } from "../../src/types.js" */
/** @import { ExperimentCamera } from "../../experiments/camera.js" */
import { TrialRecorder, summarizeTrial, toColumns } from "../../experiments/trial.js";

const labels = ["happy", "neutral"];
const trial = { start: 1000, end: 3000, labels };

/**
 * @param {number} time in seconds.
 * @param {?number} happy null where no face is detected.
 * @param {{usable?: number, others?: number}} [options]
 * @returns {Result}
 */
function frame(time, happy, { usable = 1, others = 0 } = {}) {
  const smaller = Array.from({ length: others }, () => makeFace(2, 0, 1));
  const faces = happy === null ? [] : [makeFace(1, happy, usable), ...smaller];
  return { source: "camera", frame: 0, time, width: 640, height: 480, faces };
}

/** @param {number} person @param {number} happy @param {number} usable @returns {Result["faces"][0]} */
function makeFace(person, happy, usable) {
  const smoothed = { happy, neutral: 1 - happy };
  return {
    box: [0, 0, 10, 10], score: 1, landmarks: [], emotion: happy > 0.5 ? "happy" : "neutral",
    confidence: Math.max(happy, 1 - happy), probabilities: { happy: 0.5, neutral: 0.5 }, person, smoothed,
    attributes: { usable },
  };
}

test("each frame counts for the time until the next one", () => {
  // Happy 0.8 for 100 ms, 0.2 for 300 ms, and 0.2 for one usual interval, the median of 100 and 300.
  const { summary } = summarizeTrial([frame(1.1, 0.8), frame(1.2, 0.2), frame(1.5, 0.2)], trial);
  assert.equal(summary.mean.happy, Number(((0.8 * 100 + 0.2 * 500) / 600).toFixed(6)));
  assert.equal(summary.share.happy, Number((100 / 600).toFixed(6)));
  assert.equal(summary.emotion, "neutral");
  assert.equal(summary.max.happy, 0.8);
  assert.equal(summary.peak.happy, 0.8);
  assert.equal(summary.status, "ok");
});

test("the peak passes over what lasts for less than 5 % of the time, the maximum does not", () => {
  const frames = Array.from({ length: 40 }, (_, i) => frame(1 + i * 0.025, i === 7 ? 0.9 : 0.1));
  const { summary } = summarizeTrial(frames, trial);
  assert.equal(summary.peak.happy, 0.1);
  assert.equal(summary.max.happy, 0.9);
});

test("no time is counted in which the face was out of view", () => {
  const frames = [frame(1, 0.8), frame(1.1, 0.8), frame(1.2, null), frame(2.8, 0.2), frame(2.9, 0.2)];
  const { summary } = summarizeTrial(frames, trial);
  assert.equal(summary.mean.happy, 0.5);
  assert.equal(summary.frames, 5);
  assert.equal(summary.faceFrames, 4);
});

test("frames before the onset and after the end do not count; times begin at the onset", () => {
  const frames = [frame(0.999, 1), frame(1, 0.3), frame(2, 0.3), frame(3.001, 1)];
  const { summary, series } = summarizeTrial(frames, trial);
  assert.deepEqual(series.map(({ time }) => time), [0, 1000]);
  assert.equal(summary.mean.happy, 0.3);
  assert.equal(summary.duration, 2000);
});

test("unusable faces count for no probability, and the share says how long they were in view", () => {
  const frames = [frame(1, 0.9, { usable: 0 }), frame(1.1, 0.2), frame(1.2, 0.2), frame(1.3, 0.2)];
  const { summary } = summarizeTrial(frames, trial);
  assert.equal(summary.max.happy, 0.2);
  assert.equal(summary.usableFrames, 3);
  assert.equal(summary.usableShare, 0.75);
});

test("the largest face is the participant, and others are counted", () => {
  const { summary } = summarizeTrial([frame(1, 0.9, { others: 2 }), frame(1.1, 0.9)], trial);
  assert.equal(summary.mean.happy, 0.9);
  assert.equal(summary.people, 3);
});

test("a trial of a single frame has its values", () => {
  const { summary } = summarizeTrial([frame(1.5, 0.7)], trial);
  assert.equal(summary.mean.happy, 0.7);
  assert.equal(summary.share.happy, 1);
});

for (const [status, frames, options] of /** @type {[string, Result[], object][]} */ ([
  ["no-frames", [], {}],
  ["no-face", [frame(1, null)], {}],
  ["unusable", [frame(1, 0.9, { usable: 0 })], {}],
  ["hidden", [frame(1, 0.9)], { hidden: 300 }],
  ["denied", [], { camera: "denied", labels: [] }],
  ["ended", [frame(1, 0.9)], { camera: "ended" }],
])) {
  test(`the status is ${status}`, () => {
    assert.equal(summarizeTrial(frames, { ...trial, ...options }).summary.status, status);
  });
}

test("a trial without a usable face has every column of the labels, empty", () => {
  const columns = toColumns(summarizeTrial([frame(1, null)], trial));
  for (const name of ["mien_happy", "mien_peak_happy", "mien_max_happy", "mien_share_happy", "mien_emotion"]) {
    assert.equal(columns[name], null, name);
  }
  assert.equal(columns.mien_usable_share, null);
});

test("columns have a prefix, and the frames where they are asked for", () => {
  const recorded = summarizeTrial([frame(1.25, 0.7)], trial);
  assert.equal("mien_series" in toColumns(recorded), false);
  const columns = toColumns(recorded, { prefix: "face", series: true });
  assert.equal(columns.face_happy, 0.7);
  assert.deepEqual(columns.face_series, [
    { time: 250, emotion: "happy", person: 1, usable: true, probabilities: { happy: 0.7, neutral: 1 - 0.7 } },
  ]);
});

test("a label that no model has, such as unsure, has a share and no probability", () => {
  const unsure = frame(1, 0.55);
  unsure.faces[0].emotion = "unsure";
  const { summary } = summarizeTrial([unsure], trial);
  assert.equal(summary.share.unsure, 1);
  assert.equal("unsure" in summary.mean, false);
});

/** A camera whose results a test gives. */
class FakeCamera {
  status = "on";
  error = null;
  labels = labels;
  settled = async () => {};
  /** @type {Set<(result: Result) => void>} */
  listeners = new Set();

  /** @param {(result: Result) => void} listener */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  settle() {
    return this.settled();
  }
}

/** @param {(camera: FakeCamera, recorder: TrialRecorder, page: {hidden: boolean} & EventTarget) => unknown} use */
async function record(use) {
  const page = Object.assign(new EventTarget(), { hidden: false });
  Object.assign(globalThis, { document: page });
  const camera = new FakeCamera();
  await use(camera, new TrialRecorder(/** @type {ExperimentCamera} */ (/** @type {unknown} */ (camera))), page);
}

test("a frame that is still being analyzed at the end is waited for", () => record(async (camera, recorder) => {
  const now = performance.now();
  recorder.start(now);
  camera.settled = async () => camera.listeners.forEach((listener) => listener(frame((now + 50) / 1000, 0.6)));
  const { summary } = await recorder.stop(now + 100);
  assert.equal(summary.mean.happy, 0.6);
  assert.equal(camera.listeners.size, 0);
}));

test("the time in which the page was hidden is told", () => record(async (camera, recorder, page) => {
  const start = performance.now();
  recorder.start(start);
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  const { summary } = await recorder.stop(performance.now() + 200);
  assert.ok(summary.hidden >= 200 && summary.hidden <= 200 + performance.now() - start, `${summary.hidden}`);
  assert.equal(summary.status, "hidden");
}));

test("a trial that was never started has no end", () => record(async (camera, recorder) => {
  await assert.rejects(recorder.stop(), { name: "MienError", message: /call start/ });
}));
