import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Classifier } from "../src/classifier.js";
import { configureRuntime } from "../src/onnx.js";

const bytes = readFileSync(new URL("../../src/mien/models/small-int8.onnx", import.meta.url));
configureRuntime({ threads: 1 });
const classifier = await Classifier.open(bytes, { name: "small-int8" });
const { card } = classifier;

/** @param {number} count @returns {Uint8Array[]} faces that differ. */
function draw(count) {
  return Array.from({ length: count }, (_, face) =>
    Uint8Array.from({ length: 48 * 48 }, (_, at) => (at * (face + 3) + face * 31) % 256));
}

test("each face has probabilities that sum to 1, and an embedding", async () => {
  const { count, probabilities, embeddings, outputs } = await classifier.predict(draw(3));
  assert.deepEqual([count, probabilities.length, outputs.length], [3, 21, 0]);
  assert.ok(embeddings.length > 3 && embeddings.length % 3 === 0);
  for (const row of [0, 1, 2]) {
    const sum = probabilities.subarray(row * 7, row * 7 + 7).reduce((total, value) => total + value);
    assert.ok(Math.abs(sum - 1) < 1e-5);
  }
});

test("no faces give no rows, without a call of the network", async () => {
  const idle = new Classifier({ run: () => assert.fail("the network ran") }, card);
  const { count, probabilities } = await idle.predict([]);
  assert.deepEqual([count, probabilities.length], [0, 0]);
});

test("faces beyond one batch keep their order", async () => {
  const sizes = /** @type {number[]} */ ([]);
  const echo = {
    run: async (/** @type {any} */ { faces }) => {
      sizes.push(faces.dims[0]);
      const first = Float32Array.from({ length: faces.dims[0] }, (_, face) => faces.data[face * 48 * 48]);
      const output = { type: "float32", dims: [faces.dims[0], 1], data: first };
      return /** @type {any} */ ({ probabilities: output, embedding: output });
    },
  };
  const crops = Array.from({ length: 300 }, (_, face) => new Uint8Array(48 * 48).fill(face % 251));
  const { probabilities } = await new Classifier(echo, card).predict(crops);
  assert.deepEqual(sizes, [256, 44]);
  assert.deepEqual([...probabilities], crops.map((crop) => crop[0]));
});

test("probabilities and those of another prior are Python's", async () => {
  const shares = Object.fromEntries(card.labels.map((label) => [label, label === "happy" ? 4 : 1]));
  const shifted = await Classifier.open(bytes, { name: "small-int8", prior: shares });
  assert.deepEqual([classifier.prior, shifted.prior], ["", "given"]);
  // Of `Classifier("small-int8").predict` in Python, for the same drawn face.
  await assertNear(classifier, [0.0306, 0.01, 0.0014, 0.7058, 0.0202, 0.015, 0.217]);
  await assertNear(shifted, [0.0162, 0.0479, 0.0007, 0.8246, 0.0088, 0.01, 0.0918]);
});

/** @param {Classifier} model @param {number[]} expected */
async function assertNear(model, expected) {
  const { probabilities } = await model.predict(draw(1));
  expected.forEach((value, at) => assert.ok(Math.abs(probabilities[at] - value) < 0.02, String(probabilities)));
}
