import assert from "node:assert/strict";
import test from "node:test";

import { Baseline, correct } from "../src/baseline.js";
import { readGolden } from "./golden.js";

/** @import { Result } from "../src/types.js" */

const golden = readGolden("baseline");
/** @type {string[]} */
const labels = golden.labels;

test("a baseline is found and taken off as in Python", () => {
  const baseline = Baseline.fromResults(golden.neutral.map(toResult), 1);
  assert.ok(Math.abs(baseline.looks - golden.looks) < 1e-9);
  assert.ok(Math.abs(baseline.weight - golden.weight) < 1e-9);
  labels.forEach((label, i) => assert.ok(Math.abs(baseline.shift[label] - golden.shift[i]) < 1e-9));
  golden.faces.forEach((/** @type {number[]} */ row, /** @type {number} */ at) => {
    const corrected = correct(name(row), baseline);
    labels.forEach((label, i) => assert.ok(Math.abs(corrected[label] - golden.corrected[at][i]) < 2e-6));
  });
});

test("the person's face is relabelled, and nobody else's", () => {
  const baseline = Baseline.fromResults(golden.neutral.map(toResult), 1), sad = toResult(golden.neutral[0], 0);
  const other = { ...sad.faces[0], person: 2 };
  const { faces } = baseline.apply({ ...sad, faces: [sad.faces[0], other] });
  assert.ok(faces[0].probabilities.neutral > sad.faces[0].probabilities.neutral);
  assert.equal(faces[0].confidence, Math.max(...Object.values(faces[0].smoothed ?? {})));
  assert.deepEqual(faces[1], other);
});

test("unusable faces do not count", () => {
  const results = golden.neutral.map((/** @type {number[]} */ row, /** @type {number} */ at) => {
    const result = toResult(row, at);
    result.faces[0].attributes = { usable: 0 };
    return result;
  });
  assert.throws(() => Baseline.fromResults(results, 1), { name: "StudyError", message: /no usable face/ });
  assert.throws(() => Baseline.fromResults([], 1), { name: "StudyError" });
});

test("another expression is no baseline", () => {
  const happy = golden.neutral.map((/** @type {number[]} */ _, /** @type {number} */ at) => toResult([0.01, 0.01, 0.01, 0.94, 0.01, 0.01, 0.01], at));
  assert.throws(() => Baseline.fromResults(happy, 1), { message: /no neutral face was shown but happy; try again/ });
});

test("a model without neutral has no baseline", () => {
  const result = toResult(golden.neutral[0], 0);
  result.faces[0].smoothed = { pain: 0.5, none: 0.5 };
  assert.throws(() => Baseline.fromResults([result], 1), { message: /needs the label neutral; the model has pain, none/ });
});

test("the frame before a pause counts no more than another", () => {
  const results = golden.neutral.map(toResult);
  const paused = results.map((/** @type {Result} */ result, /** @type {number} */ at) =>
    ({ ...result, time: result.time + (at < 60 ? 0 : 60) }));
  const expected = Baseline.fromResults(results, 1), actual = Baseline.fromResults(paused, 1);
  assert.ok(Math.abs(actual.looks - expected.looks) < 1e-9, `${actual.looks} is not ${expected.looks}`);
  for (const label of labels) assert.ok(Math.abs(actual.shift[label] - expected.shift[label]) < 1e-9, label);
});

test("a single frame is one look", () => {
  assert.equal(Baseline.fromResults([toResult([0.02, 0.02, 0.02, 0.02, 0.1, 0.02, 0.8], 0)], 1).looks, 1);
});

test("a baseline of other labels corrects nothing", () => {
  const baseline = Baseline.fromResults(golden.neutral.map(toResult), 1);
  assert.throws(() => correct({ pain: 0.4, none: 0.6 }, baseline), {
    name: "StudyError", message: /of a model with other labels; find it again with this model/ });
});

/** @param {number[]} row @param {number} at @returns {Result} */
function toResult(row, at) {
  const probabilities = name(row);
  const face = { box: /** @type {[number, number, number, number]} */ ([0, 0, 9, 9]), score: 1, landmarks: [],
    emotion: "sad", confidence: Math.max(...row), probabilities, person: 1, smoothed: probabilities };
  return { source: "", frame: at, time: at / golden.rate, width: 9, height: 9, faces: [face] };
}

/** @param {number[]} row */
function name(row) {
  return Object.fromEntries(labels.map((label, i) => [label, row[i]]));
}
