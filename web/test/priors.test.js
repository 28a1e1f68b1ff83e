import assert from "node:assert/strict";
import { test } from "node:test";

import { ModelError } from "../src/errors.js";
import { namedPriors, resolvePrior } from "../src/priors.js";

const CARD = /** @type {any} */ ({
  name: "drawn",
  labels: ["sad", "glad"],
  sources: [{ name: "photos", faces: 10, baseRates: [0.25, 0.75], terms: "" }],
});

test("a prior is a source of the model, uniform, or shares of any sum", () => {
  assert.deepEqual(resolvePrior("photos", CARD), { name: "photos", shares: [0.25, 0.75] });
  assert.deepEqual(resolvePrior("uniform", CARD), { name: "uniform", shares: [0.5, 0.5] });
  assert.deepEqual(resolvePrior({ glad: 30, sad: 10 }, CARD), { name: "given", shares: [0.25, 0.75] });
  assert.deepEqual(namedPriors(CARD), ["photos", "uniform"]);
});

/** @type {[any, string][]} */
const BAD = [
  ["cinema", "cinema: no such prior; choose from photos, uniform, or give an object of label to share."],
  [{ sad: 1 }, "the prior: it lacks the label 'glad'; add it."],
  [{ sad: 1, glad: 1, toString: 1 }, "the prior: the model has no label 'toString'; use sad, glad."],
  [{ sad: 0, glad: 0 }, "the prior: all of its shares are 0; make one positive."],
  [{ sad: -1, glad: 1 }, "the prior: its share of 'sad' is -1; use 0 or more, 1,000,000,000,000 at most."],
  [{ sad: NaN, glad: 1 }, "the prior: its share of 'sad' is null; use 0 or more, 1,000,000,000,000 at most."],
];
for (const [prior, message] of BAD) {
  test(`the prior ${JSON.stringify(prior)} is refused`, () => {
    assert.throws(() => resolvePrior(prior, CARD), { name: "ModelError", message });
  });
}

test("a model that names no sources takes no prior", () => {
  const card = { ...CARD, sources: [] };
  assert.throws(() => resolvePrior("uniform", card), ModelError);
  assert.deepEqual(namedPriors(card), []);
});
