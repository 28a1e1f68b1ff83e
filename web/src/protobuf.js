/**
 * The parts of an ONNX file that onnxruntime-web does not tell: its metadata, its initializers, and the sizes of
 * its inputs and outputs. Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 *
 * @typedef {{name: string, type: number, dims: (number|null)[]}} Value type is TensorProto.DataType; a null
 *   dimension has no fixed size.
 * @typedef {Value & {data: Uint8Array}} Initializer whose data, little-endian, are a view of the file's bytes.
 * @typedef {{metadata: Map<string, string>, inputs: Value[], outputs: Value[], initializers: Initializer[]}} OnnxFile
 */
const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5;
const MODEL = { graph: 7, metadata: 14 };
const GRAPH = { initializer: 5, input: 11, output: 12 };
const TENSOR = { dims: 1, type: 2, floats: 4, name: 8, raw: 9 };
const text = new TextDecoder();
/** @type {Uint8Array<ArrayBufferLike>} */
const EMPTY = new Uint8Array();

/**
 * Reads an ONNX file.
 *
 * @param {Uint8Array} bytes
 * @returns {OnnxFile}
 * @throws {RangeError} the bytes are no protobuf, or are cut short.
 */
export function readOnnx(bytes) {
  /** @type {OnnxFile} */
  const file = { metadata: new Map(), inputs: [], outputs: [], initializers: [] };
  for (const { field, bytes: part } of fieldsOf(bytes)) {
    if (field === MODEL.metadata) {
      const [key, value] = [1, 2].map((number) => text.decode(bytesOf(part, number)));
      file.metadata.set(key, value);
    } else if (field === MODEL.graph) {
      readGraph(part, file);
    }
  }
  return file;
}

/** @param {Uint8Array} bytes @param {OnnxFile} file */
function readGraph(bytes, file) {
  for (const { field, bytes: part } of fieldsOf(bytes)) {
    if (field === GRAPH.initializer) file.initializers.push(readTensor(part));
    else if (field === GRAPH.input) file.inputs.push(readValue(part));
    else if (field === GRAPH.output) file.outputs.push(readValue(part));
  }
}

/** Reads a TensorProto. @param {Uint8Array} bytes */
function readTensor(bytes) {
  const tensor = { name: "", type: 0, dims: /** @type {number[]} */ ([]), data: EMPTY };
  for (const { field, value, bytes: part, wire } of fieldsOf(bytes)) {
    if (field === TENSOR.name) tensor.name = text.decode(part);
    else if (field === TENSOR.type) tensor.type = value;
    else if (field === TENSOR.raw || field === TENSOR.floats) tensor.data = part;
    else if (field === TENSOR.dims) tensor.dims.push(...(wire === BYTES ? readVarints(part) : [value]));
  }
  return tensor;
}

/** Reads a ValueInfoProto of a tensor. @param {Uint8Array} bytes @returns {Value} */
function readValue(bytes) {
  const tensor = bytesOf(bytesOf(bytes, 2), 1);
  let type = 0;
  for (const { field, value } of fieldsOf(tensor)) if (field === 1) type = value;
  return { name: text.decode(bytesOf(bytes, 1)), type, dims: readShape(bytesOf(tensor, 2)) };
}

/** @param {Uint8Array} bytes of a TensorShapeProto. @returns {(number|null)[]} */
function readShape(bytes) {
  const dims = [];
  for (const { field, bytes: part } of fieldsOf(bytes)) {
    if (field !== 1) continue;
    let size = null;
    for (const { field: kind, value } of fieldsOf(part)) if (kind === 1) size = value;
    dims.push(size);
  }
  return dims;
}

/** The last length-delimited field of a number; empty where there is none. @param {Uint8Array} bytes @param {number} number */
function bytesOf(bytes, number) {
  let found = EMPTY;
  for (const { field, bytes: part } of fieldsOf(bytes)) if (field === number) found = part;
  return found;
}

/** @param {Uint8Array} bytes */
function readVarints(bytes) {
  const values = [];
  for (let at = 0, value; at < bytes.length;) {
    [value, at] = readVarint(bytes, at);
    values.push(value);
  }
  return values;
}

/**
 * @param {Uint8Array} bytes of a message.
 * @returns {Generator<{field: number, wire: number, value: number, bytes: Uint8Array}>}
 */
function* fieldsOf(bytes) {
  for (let at = 0; at < bytes.length;) {
    let tag, value = 0, part = EMPTY;
    [tag, at] = readVarint(bytes, at);
    const wire = tag % 8;
    if (wire === VARINT) [value, at] = readVarint(bytes, at);
    else if (wire === FIXED64) at += 8;
    else if (wire === FIXED32) at += 4;
    else if (wire === BYTES) {
      [value, at] = readVarint(bytes, at);
      part = bytes.subarray(at, at + value);
      at += value;
    } else throw new RangeError(`no protobuf: wire type ${wire}`);
    if (at > bytes.length) throw new RangeError("the file is cut short");
    yield { field: Math.floor(tag / 8), wire, value, bytes: part };
  }
}

/**
 * Reads a base-128 integer; exact up to 2^53, which no size or field of a model reaches.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {[number, number]} the value, and where the next one starts.
 */
function readVarint(bytes, at) {
  let value = 0;
  for (let scale = 1; at < bytes.length; scale *= 128) {
    const byte = bytes[at++];
    value += (byte % 128) * scale;
    if (byte < 128) return [value, at];
  }
  throw new RangeError("the file is cut short");
}
