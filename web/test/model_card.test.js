import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { ModelError } from "../src/errors.js";
import { readModelCard } from "../src/model_card.js";
import { makeModel } from "./models.js";

const MODELS = new URL("../../src/mien/models/", import.meta.url);

for (const file of readdirSync(MODELS).filter((name) => name.endsWith(".onnx"))) {
  test(`the card of the shipped ${file} is read`, () => {
    const card = readModelCard(readFileSync(new URL(file, MODELS)), file);
    assert.equal(card.name, file.replace(".onnx", ""));
    assert.deepEqual(card.labels, ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]);
    assert.equal(card.prototypes.length, card.labels.length);
    for (const { baseRates } of card.sources) assert.equal(baseRates.length, card.labels.length);
  });
}

test("a model of another contract says which contracts are read", () => {
  const bytes = makeModel({ contract: "9" });
  assert.throws(() => readModelCard(bytes, "new.onnx"), new ModelError(
    "not a Mien model: it has version 9 of the contract; this Mien reads 2 to 4",
    { subject: "new.onnx", remedy: "update Mien, or export the model again with 'mien export'" },
  ));
});

test("a file of contract 2 has gray faces of 48 pixels and its emotions", () => {
  const card = readModelCard(makeModel({ contract: "2", emotions: '["sad", "glad"]' }), "old.onnx");
  assert.deepEqual([card.labels, card.face, card.sources], [["sad", "glad"], { side: 48, color: "gray" }, []]);
});

/** @type {[string, Record<string, string>, RegExp][]} */
const BROKEN = [
  ["no card", { contract: "" }, /version {2}of the contract/],
  ["a label twice", { labels: '["sad", "sad"]' }, /has the label 'sad' twice/],
  ["a reserved label", { labels: '["sad", "unsure"]' }, /reserved for faces of low confidence; rename/],
  ["one label", { labels: '["sad"]' }, /it has 1 labels/],
  ["an unprintable label", { labels: '["sad", "a\\u0007"]' }, /cannot be printed/],
  ["a large face", { face: '{"side": 4096, "color": "gray"}' }, /side of 4096 pixels; use a side of 16 to 512/],
  ["colors unknown", { face: '{"side": 48, "color": "cmyk"}' }, /unknown color mode 'cmyk'/],
  ["another alignment", { alignment: "mesh" }, /alignment 'mesh' is unknown/],
  ["a face of another size than its input", { face: '{"side": 64, "color": "gray"}' }, /its 'faces' has the shape/],
  ["more labels than probabilities", { labels: '["a", "b", "c"]' }, /its 'probabilities' has the shape \(N, 2\)/],
  ["an output that the network lacks", { outputs: '[{"name": "age"}]' }, /it has no 'age'/],
  ["sources without rates", { sources: '[{"name": "x", "faces": 1, "base_rates": [1], "terms": ""}]' }, /a list of sources/],
  ["figures that are no JSON", { figures: "{" }, /'mien.figures' is not a JSON dict/],
];
for (const [name, metadata, message] of BROKEN) {
  test(`a model with ${name} is refused`, () => {
    const refused = /** @param {unknown} error */ (error) =>
      error instanceof ModelError && message.test(error.message) && error.subject === "bad.onnx";
    assert.throws(() => readModelCard(makeModel(metadata), "bad.onnx"), refused);
  });
}

test("a model file that was cut short is refused", () => {
  const bytes = readFileSync(new URL("small.onnx", MODELS));
  assert.throws(() => readModelCard(bytes.subarray(0, bytes.length / 2), "half.onnx"),
    /half.onnx: cannot be opened as an ONNX model: .*; copy or export it again/);
  assert.throws(() => readModelCard(new TextEncoder().encode("<!doctype html>"), "page.onnx"), ModelError);
  assert.throws(() => readModelCard(new Uint8Array(), "empty.onnx"), /lacks 'mien.contract'/);
});
