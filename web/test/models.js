/** Model files without a network, as the contract describes them. */

const FLOAT = 1, UINT8 = 2;
const CARD = {
  contract: "4",
  name: "drawn",
  version: "0.1.0",
  recipe: "",
  data_fingerprint: "00",
  temperature: "1.0",
  figures: "{}",
  labels: '["sad", "glad"]',
  alignment: "none",
  correction: "[0.0, 0.0, 0.0]",
  face: '{"side": 48, "color": "gray"}',
  outputs: "[]",
  sources: "[]",
  prototypes: "[]",
};

/**
 * Makes the bytes of an ONNX file that takes gray faces of 48 pixels and returns two probabilities.
 *
 * @param {Record<string, string>} [metadata] instead of that of a valid card.
 */
export function makeModel(metadata = {}) {
  const entries = Object.entries({ ...CARD, ...metadata });
  const graph = [
    bytes(11, value("faces", UINT8, [0, 48, 48])),
    bytes(12, value("probabilities", FLOAT, [0, 2])),
    bytes(12, value("embedding", FLOAT, [0, 8])),
  ];
  return Uint8Array.from([
    ...bytes(7, graph.flat()),
    ...entries.flatMap(([key, text]) => bytes(14, [...bytes(1, utf8(`mien.${key}`)), ...bytes(2, utf8(text))])),
  ]);
}

/** @param {string} name @param {number} type @param {number[]} sizes 0 for any. */
function value(name, type, sizes) {
  const dims = sizes.flatMap((size) => bytes(1, size ? [8, ...varint(size)] : bytes(2, utf8("n"))));
  const tensor = [8, type, ...bytes(2, dims)];
  return [...bytes(1, utf8(name)), ...bytes(2, bytes(1, tensor))];
}

/** A length-delimited field. @param {number} field @param {number[]} content */
function bytes(field, content) {
  return [...varint(field * 8 + 2), ...varint(content.length), ...content];
}

/** @param {number} number @returns {number[]} */
function varint(number) {
  return number < 128 ? [number] : [128 + (number % 128), ...varint(Math.floor(number / 128))];
}

/** @param {string} text */
function utf8(text) {
  return [...new TextEncoder().encode(text)];
}
