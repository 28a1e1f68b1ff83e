import { sha256 } from "../digest.js";
import { ProfileError } from "../errors.js";
import { Adapter } from "./adapter.js";

/**
 * Opens the file that `mien profile export` writes: a line with the format and the SHA-256 of the second line,
 * which is JSON, with bytes in Base64.
 *
 * @import { Sample } from "./adapter.js"
 *
 * @typedef {{digest: string, name: string, labels: readonly string[]}} Model that the profile is to fit:
 *   SHA-256 of its file, its name, and its labels.
 * @typedef {Object} Correction as the file has it.
 * @property {number} number
 * @property {string} label
 * @property {string} embedding float32, in Base64.
 * @property {string} probabilities likewise.
 * @property {string} [labels] of the model, as JSON.
 * @property {string} model_digest
 * @typedef {Object} Version as the file has it; the last one counts.
 * @property {string} members int64, in Base64: the numbers of its corrections.
 * @property {?string} model
 * @property {?string} model_digest
 * @property {?string} figures JSON.
 */

const FORMATS = ["mien-profile-1", "mien-profile-2"]; // the first has no labels, which were FER2013's
const PREFIX = "mien-profile-";
const FER2013 = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
const MAX_SAMPLES = 500; // the newest, as in Python
const MAX_EMBEDDING = 1e9; // of its numbers
const SUM_TOLERANCE = 1e-3; // of probabilities, which sum to 1

/**
 * Learns the adapter of an exported profile, as Python does when it imports one.
 *
 * @param {Uint8Array} bytes of the file.
 * @param {Model} model
 * @returns {Promise<Adapter>}
 * @throws {ProfileError} the file is none, is damaged, is newer than this Mien, or is of another model.
 */
export async function openProfile(bytes, model) {
  const body = await check(bytes);
  try {
    const { name, corrections, versions } = JSON.parse(new TextDecoder().decode(body));
    return learn(name, corrections, versions.at(-1), model);
  } catch (error) {
    if (error instanceof ProfileError) throw error;
    throw damaged();
  }
}

/** Checks the first line; returns the second. @param {Uint8Array} bytes */
async function check(bytes) {
  const end = bytes.indexOf(0x0a);
  const [format, checksum] = new TextDecoder("latin1").decode(bytes.subarray(0, Math.max(end, 0))).split(" ");
  if (!format.startsWith(PREFIX)) {
    throw new ProfileError("not a profile", { remedy: "choose a file from 'mien profile export'" });
  }
  if (!FORMATS.includes(format)) {
    throw new ProfileError(`written by a newer Mien (${format})`, { remedy: "update Mien" });
  }
  const rest = bytes.subarray(end + 1), body = rest.subarray(0, -1);
  if (rest.at(-1) !== 0x0a || (await sha256(body)) !== checksum) throw damaged();
  return body;
}

/**
 * @param {string} profile
 * @param {Correction[]} corrections
 * @param {Version|undefined} version
 * @param {Model} model
 */
function learn(profile, corrections, version, model) {
  const members = new Set(version ? new BigInt64Array(toBuffer(version.members)) : []);
  if (!version || !members.size) return Adapter.learn([], false);
  if (version.model_digest !== model.digest) {
    throw new ProfileError(`it was taught with the model '${version.model}', not this '${model.name}'`, {
      subject: profile, remedy: "use it with the model that it was taught with",
    });
  }
  const chosen = corrections.filter(({ number }) => members.has(BigInt(number)));
  const samples = chosen.map((correction) => toSample(correction, model.labels));
  const { gate_open: generalizes } = JSON.parse(/** @type {string} */ (version.figures));
  const isOfModel = chosen.every((correction) => correction.model_digest === model.digest);
  const isEven = new Set(samples.map(({ embedding }) => embedding.length)).size === 1;
  if (samples.length !== members.size || !isOfModel || !isEven || typeof generalizes !== "boolean") throw damaged();
  return Adapter.learn(samples.slice(-MAX_SAMPLES), generalizes);
}

/** @param {Correction} correction @param {readonly string[]} expected @returns {Sample} */
function toSample({ label, labels, embedding, probabilities }, expected) {
  const own = labels === undefined ? FER2013 : JSON.parse(labels), index = expected.indexOf(label);
  const sample = {
    embedding: new Float32Array(toBuffer(embedding)), probabilities: new Float32Array(toBuffer(probabilities)),
  };
  const isWhole = areProbabilities(sample.probabilities, expected.length) && isEmbedding(sample.embedding);
  if (index < 0 || !isWhole || own.join() !== expected.join()) throw damaged();
  return { ...sample, label: index };
}

/** @param {Float32Array} values @param {number} count of the labels. */
function areProbabilities(values, count) {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.length === count && values.every((value) => value >= 0) && Math.abs(sum - 1) < SUM_TOLERANCE;
}

/** @param {Float32Array} values */
function isEmbedding(values) {
  return values.length > 0 && values.every((value) => Math.abs(value) < MAX_EMBEDDING);
}

/** @param {string} base64 */
function toBuffer(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}

function damaged() {
  return new ProfileError("the profile is truncated or was changed", { remedy: "export it again" });
}
