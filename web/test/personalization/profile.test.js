import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { ProfileError } from "../../src/errors.js";
import { openProfile } from "../../src/personalization/profile.js";
import { readGolden } from "../golden.js";

const { labels, model: known, probabilities, embeddings, profiles } = readGolden("adapter");
const model = { ...known, labels };
const [{ file }] = profiles;

for (const { file: own, generalizes, adapted } of profiles) {
  test(`a profile that ${generalizes ? "generalizes" : "does not generalize"} adapts as in Python`, async () => {
    const adapter = await openProfile(toBytes(own), model);
    const actual = adapter.adapt(
      Float32Array.from(probabilities.flat()), Float32Array.from(embeddings.flat()), probabilities.length);
    adapted.flat().forEach((/** @type {number} */ value, /** @type {number} */ i) =>
      assert.ok(Math.abs(actual[i] - value) < 1e-4, `${actual[i]} is not ${value}`));
  });
}

test("a profile without corrections changes nothing", async () => {
  const adapter = await openProfile(rewrite((content) => Object.assign(content, { corrections: [], versions: [] })), model);
  const row = Float32Array.from([0.1, 0.2, 0.3, 0.4]);
  adapter.adapt(row, new Float32Array(12), 1).forEach((value, i) => assert.ok(Math.abs(value - row[i]) < 1e-6));
});

const [head, body] = file.split("\n");
/** @type {[string, string|Uint8Array, RegExp][]} */
const DAMAGED = [
  ["nothing", "", /not a profile/],
  ["another file", "hello\nthere\n", /choose a file from 'mien profile export'/],
  ["one of a newer Mien", file.replace("mien-profile-2", "mien-profile-3"), /newer Mien \(mien-profile-3\)/],
  ["a truncated one", file.slice(0, -100), /truncated or was changed; export it again/],
  ["one with a changed byte", `${head}\n${body.replace("sad", "bad")}\n`, /truncated or was changed/],
  ["one of other labels", rewrite((content) => {
    for (const row of content.corrections) row.labels = '["a", "b", "c", "d"]';
  }), /truncated or was changed/],
  ["one without figures", rewrite((content) => { content.versions.at(-1).figures = null; }), /truncated or was changed/],
  ["one without a correction", rewrite((content) => { content.corrections.shift(); }), /truncated or was changed/],
  ["one with a correction of another model", rewrite((content) => {
    content.corrections[0].model_digest = "00";
  }), /truncated or was changed/],
  ["one with a short embedding", rewrite((content) => {
    content.corrections[0].embedding = toBase64([1, 2, 3]);
  }), /truncated or was changed/],
  ["one with no numbers", rewrite((content) => {
    content.corrections[0].probabilities = toBase64([NaN, NaN, NaN, NaN]);
  }), /truncated or was changed/],
  ["one with probabilities that do not sum to 1", rewrite((content) => {
    content.corrections[0].probabilities = toBase64([1, 1, 1, 1]);
  }), /truncated or was changed/],
  ["one that does not say whether it generalizes", rewrite((content) => {
    content.versions.at(-1).figures = "{}";
  }), /truncated or was changed/],
  ["one of no objects", rewrite(() => [1, 2]), /truncated or was changed/],
];

for (const [name, content, message] of DAMAGED) {
  test(`${name} is refused`, async () => {
    const bytes = typeof content === "string" ? toBytes(content) : content;
    await assert.rejects(openProfile(bytes, model), (error) => {
      assert.ok(error instanceof ProfileError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

test("a profile of another model is refused by name", async () => {
  await assert.rejects(openProfile(toBytes(file), { ...model, name: "small", digest: "00" }),
    { name: "ProfileError", message: "Ada: it was taught with the model 'drawn', not this 'small'; "
      + "use it with the model that it was taught with." });
});

test("faces of a model with other embeddings are refused", async () => {
  const adapter = await openProfile(toBytes(file), model);
  assert.throws(() => adapter.adapt(new Float32Array(4).fill(0.25), new Float32Array(7), 1), {
    name: "ProfileError", message: /embeddings of 12 numbers a face, not 7; use it with the model/ });
  assert.equal(adapter.adapt(new Float32Array(0), new Float32Array(0), 0).length, 0);
});

/** @param {number[]} values */
function toBase64(values) {
  return Buffer.from(Float32Array.from(values).buffer).toString("base64");
}

/** @param {string} text */
function toBytes(text) {
  return new TextEncoder().encode(text);
}

/** The file with other content, and the checksum of it. @param {(content: any) => any} change */
function rewrite(change) {
  const content = JSON.parse(file.split("\n")[1]), text = JSON.stringify(change(content) ?? content);
  const checksum = createHash("sha256").update(text).digest("hex");
  return toBytes(`mien-profile-2 ${checksum}\n${text}\n`);
}
