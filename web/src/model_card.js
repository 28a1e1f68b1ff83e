/** @import { FaceFormat, Quantity } from "./types.js" */
/** @import { OnnxFile, Value } from "./protobuf.js" */
import { ModelError } from "./errors.js";
import { readOnnx } from "./protobuf.js";
import { UNSURE } from "./results.js";

export const INPUT = "faces";
export const PRIORS = "priors";
export const PROBABILITIES = "probabilities";
export const EMBEDDING = "embedding";
/** The version of the contract of model files: see `mien.inference.model_card` of the Python package. */
export const CONTRACT = 4;

const OLDEST = 2;
const PREFIX = "mien.";
const SMALLEST_SIDE = 16, LARGEST_SIDE = 512;
const ROUNDING = 1e-3;
const OUTPUT_NAME = /^[a-z][a-z0-9_]*$/;
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const FLOAT = 1, UINT8 = 2; // TensorProto.DataType
/** @type {FaceFormat} */
const FER2013_FORMAT = { side: 48, color: "gray" };

/**
 * One data set that a model learned from.
 *
 * @typedef {{name: string, faces: number, baseRates: number[], terms: string}} LearnedSource `baseRates` is how
 *   common each label is among faces of this kind; they sum to 1.
 */
/**
 * The metadata of a model file.
 *
 * @typedef {Object} ModelCard
 * @property {string} name such as "default".
 * @property {string} version of the Mien that made the file.
 * @property {string} recipe the text of the TOML recipe that trained it.
 * @property {string} dataFingerprint of the data set that trained it.
 * @property {number} temperature the divisor of its logits, already inside the graph.
 * @property {Record<string, unknown>} figures measured on which split, with n.
 * @property {string[]} labels in the order of its probabilities.
 * @property {"none"|"landmarks"} alignment of the faces that trained it.
 * @property {number[]} correction of the probabilities by their confidence, already inside the graph.
 * @property {FaceFormat} face the format of its input.
 * @property {Quantity[]} outputs besides probabilities and embedding.
 * @property {LearnedSource[]} sources whose base rates its probabilities assume.
 * @property {number[][]} prototypes the mean embedding of each label; empty in older files.
 */

/**
 * Reads the card of a model file, and checks that its network has the inputs and outputs the card says.
 *
 * @param {Uint8Array} bytes of an ONNX file.
 * @param {string} name of the file, for errors.
 * @returns {ModelCard}
 * @throws {ModelError} it is no ONNX file, or breaks the contract.
 */
export function readModelCard(bytes, name) {
  const file = parse(bytes, name);
  try {
    const card = toCard(file.metadata);
    checkSignature(file, card);
    return card;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const remedy = error.remedy ?? "export it with 'mien export'";
    throw new ModelError(`not a Mien model: ${error.reason}`, { subject: name, remedy });
  }
}

/**
 * Returns a copy of a model file whose priors are others. onnxruntime-web takes no value for an input that has a
 * default, so the default is changed.
 *
 * @param {Uint8Array} bytes of a file whose card names sources.
 * @param {number[]} shares of each label, in every source.
 */
export function replacePriors(bytes, shares) {
  const copy = bytes.slice();
  const priors = readOnnx(copy).initializers.find((value) => value.name === PRIORS);
  if (!priors) throw new ModelError(`it has no input '${PRIORS}'`);
  const view = new DataView(priors.data.buffer, priors.data.byteOffset, priors.data.byteLength);
  for (let at = 0; at < view.byteLength; at += 4) view.setFloat32(at, shares[(at / 4) % shares.length], true);
  return copy;
}

/** @param {Uint8Array} bytes @param {string} name */
function parse(bytes, name) {
  try {
    return readOnnx(bytes);
  } catch (error) {
    const reason = `cannot be opened as an ONNX model: ${/** @type {Error} */ (error).message}`;
    throw new ModelError(reason, { subject: name, remedy: "copy or export it again" });
  }
}

/** @param {Map<string, string>} metadata @returns {ModelCard} */
function toCard(metadata) {
  const contract = readContract(metadata);
  const labels = /** @type {string[]} */ (readArray(metadata, contract > 2 ? "labels" : "emotions"));
  checkLabels(labels);
  /** @type {ModelCard} */
  const card = {
    name: readText(metadata, "name"),
    version: readText(metadata, "version"),
    recipe: readText(metadata, "recipe"),
    dataFingerprint: readText(metadata, "data_fingerprint"),
    temperature: readNumber(metadata, "temperature"),
    figures: readObject(metadata, "figures"),
    labels,
    alignment: readAlignment(metadata),
    correction: /** @type {number[]} */ (readArray(metadata, "correction")),
    face: contract > 2 ? readFace(metadata) : FER2013_FORMAT,
    outputs: contract > 2 ? readOutputs(metadata) : [],
    sources: contract > 3 ? readSources(metadata, labels.length) : [],
    prototypes: contract > 3 ? readPrototypes(metadata, labels.length) : [],
  };
  checkNames([PROBABILITIES, EMBEDDING, ...card.outputs.map((output) => output.name)]);
  return card;
}

/** @param {Map<string, string>} metadata */
function readContract(metadata) {
  const text = readText(metadata, "contract");
  const version = Number(text);
  if (String(version) !== text || !Number.isInteger(version) || version < OLDEST || version > CONTRACT) {
    throw new ModelError(`it has version ${text} of the contract; this Mien reads ${OLDEST} to ${CONTRACT}`, {
      remedy: "update Mien, or export the model again with 'mien export'",
    });
  }
  return version;
}

/** @param {unknown[]} labels */
function checkLabels(labels) {
  if (!labels.every((label) => typeof label === "string" && label.trim())) {
    throw new ModelError("one of its labels is empty or no text");
  }
  const texts = /** @type {string[]} */ (labels);
  const bad = texts.find((label) => UNPRINTABLE.test(label));
  if (bad !== undefined) {
    throw new ModelError(`its label ${JSON.stringify(bad)} has a character that cannot be printed`);
  }
  const twice = findRepeated(texts);
  if (twice !== undefined) throw new ModelError(`it has the label '${twice}' twice`);
  if (texts.includes(UNSURE)) {
    const reason = `its label '${UNSURE}' is reserved for faces of low confidence`;
    throw new ModelError(reason, { remedy: "rename the label" });
  }
  if (texts.length < 2) throw new ModelError(`it has ${texts.length} labels`, { remedy: "use at least two" });
}

/** @param {string[]} names of outputs. */
function checkNames(names) {
  const twice = findRepeated(names);
  if (twice !== undefined) throw new ModelError(`it names the output '${twice}' twice`);
  const bad = names.find((name) => !OUTPUT_NAME.test(name));
  if (bad !== undefined) {
    throw new ModelError(`its output '${bad}' cannot name an attribute`, {
      remedy: "use lower case letters, digits and underscores",
    });
  }
}

/** @param {string[]} names */
function findRepeated(names) {
  return names.find((name, index) => names.indexOf(name) !== index);
}

/** @param {Map<string, string>} metadata */
function readAlignment(metadata) {
  const alignment = readText(metadata, "alignment");
  if (alignment === "none" || alignment === "landmarks") return alignment;
  throw new ModelError(`its alignment '${alignment}' is unknown`, { remedy: "use one of none, landmarks" });
}

/** @param {Map<string, string>} metadata @returns {FaceFormat} */
function readFace(metadata) {
  const { side, color, ...others } = readObject(metadata, "face");
  if (typeof side !== "number" || !Number.isInteger(side) || color === undefined || Object.keys(others).length) {
    throw new ModelError(`its metadata '${PREFIX}face' is not a side and a color`);
  }
  if (side < SMALLEST_SIDE || side > LARGEST_SIDE) {
    const remedy = `use a side of ${SMALLEST_SIDE} to ${LARGEST_SIDE}`;
    throw new ModelError(`its faces have a side of ${side} pixels`, { remedy });
  }
  if (color !== "gray" && color !== "rgb") {
    const remedy = "use one of gray, rgb";
    throw new ModelError(`its faces have the unknown color mode '${color}'`, { remedy });
  }
  return { side, color };
}

/** @param {Map<string, string>} metadata @returns {Quantity[]} */
function readOutputs(metadata) {
  const entries = /** @type {any[]} */ (readArray(metadata, "outputs"));
  if (!entries.every((entry) => typeof entry?.name === "string" && entry.name)) {
    throw new ModelError(`its metadata '${PREFIX}outputs' is not a list of named outputs`);
  }
  return entries.map(({ name, unit = "", description = "" }) => ({ name, unit, description }));
}

/** @param {Map<string, string>} metadata @param {number} count of labels. @returns {LearnedSource[]} */
function readSources(metadata, count) {
  const entries = /** @type {any[]} */ (readArray(metadata, "sources"));
  if (!entries.every((entry) => typeof entry?.name === "string" && isDistribution(entry.base_rates, count))) {
    throw new ModelError(`its metadata '${PREFIX}sources' is not a list of sources`);
  }
  return entries.map(({ name, faces, base_rates: baseRates, terms }) => ({ name, faces, baseRates, terms }));
}

/** @param {unknown} rates @param {number} count */
function isDistribution(rates, count) {
  if (!isNumbers(rates) || rates.length !== count || !rates.every((rate) => rate > 0)) return false;
  return Math.abs(rates.reduce((sum, rate) => sum + rate, 0) - 1) < ROUNDING;
}

/** @param {Map<string, string>} metadata @param {number} count of labels. @returns {number[][]} */
function readPrototypes(metadata, count) {
  const rows = /** @type {unknown[][]} */ (readArray(metadata, "prototypes"));
  const width = rows[0]?.length;
  const fits = !rows.length
    || (rows.length === count && rows.every((row) => isNumbers(row) && row.length === width));
  if (!fits) throw new ModelError(`its metadata '${PREFIX}prototypes' is not a row for each label`);
  return /** @type {number[][]} */ (rows);
}

/** @param {unknown} values @returns {values is number[]} */
function isNumbers(values) {
  return Array.isArray(values) && values.every((value) => typeof value === "number");
}

/** @param {OnnxFile} file @param {ModelCard} card */
function checkSignature({ inputs, outputs, initializers }, card) {
  const { side, color } = card.face;
  checkValue(inputs, INPUT, UINT8, color === "gray" ? [side, side] : [side, side, 3]);
  checkValue(outputs, PROBABILITIES, FLOAT, [card.labels.length]);
  checkValue(outputs, EMBEDDING, FLOAT, [null]);
  for (const output of card.outputs) checkValue(outputs, output.name, FLOAT, [1]);
  if (!card.sources.length) return;
  const shape = [card.sources.length, card.labels.length];
  const priors = initializers.find((value) => value.name === PRIORS);
  const size = 4 * shape[0] * shape[1];
  if (priors?.data.length !== size || String(priors.dims) !== String(shape)) {
    throw new ModelError(`it has no input '${PRIORS}' of shape (${shape.join(", ")})`);
  }
}

/**
 * @param {Value[]} values
 * @param {string} name
 * @param {number} type
 * @param {(number|null)[]} shape of one face; null takes any size.
 */
function checkValue(values, name, type, shape) {
  const found = values.find((value) => value.name === name);
  if (!found) throw new ModelError(`it has no '${name}'`);
  const sizes = found.dims.slice(1);
  const fits = sizes.length === shape.length && shape.every((size, at) => size === null || size === sizes[at]);
  if (found.type === type && fits) return;
  const wanted = ["N", ...shape.map((size) => size ?? "D")].join(", ");
  const given = found.dims.map((size) => size ?? "N").join(", ");
  throw new ModelError(`its '${name}' has the shape (${given}), not (${wanted}), or another type`);
}

/** @param {Map<string, string>} metadata @param {string} key */
function readText(metadata, key) {
  const text = metadata.get(PREFIX + key);
  if (text === undefined) throw new ModelError(`its metadata lacks '${PREFIX}${key}'`);
  return text;
}

/** @param {Map<string, string>} metadata @param {string} key @returns {unknown} */
function readJson(metadata, key) {
  try {
    return JSON.parse(readText(metadata, key));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    return undefined;
  }
}

/** @param {Map<string, string>} metadata @param {string} key */
function readArray(metadata, key) {
  const value = readJson(metadata, key);
  if (Array.isArray(value)) return /** @type {unknown[]} */ (value);
  throw new ModelError(`its metadata '${PREFIX}${key}' is not a JSON list`);
}

/** @param {Map<string, string>} metadata @param {string} key */
function readObject(metadata, key) {
  const value = readJson(metadata, key);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return /** @type {Record<string, unknown>} */ (value);
  }
  throw new ModelError(`its metadata '${PREFIX}${key}' is not a JSON dict`);
}

/** @param {Map<string, string>} metadata @param {string} key */
function readNumber(metadata, key) {
  const value = readJson(metadata, key);
  if (typeof value === "number") return value;
  throw new ModelError(`its metadata '${PREFIX}${key}' is not a JSON float`);
}
