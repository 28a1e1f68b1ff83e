import { inflateSync } from "node:zlib";

/**
 * Decodes a PNG of 8-bit RGB without interlacing, as the golden frames are.
 *
 * @param {Buffer} file
 * @returns {import("../src/types.js").Image}
 */
export function decodePng(file) {
  /** @type {Buffer[]} */
  const parts = [];
  let width = 0, height = 0;
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at), kind = file.toString("latin1", at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (kind === "IHDR") [width, height] = readHeader(body);
    if (kind === "IDAT") parts.push(body);
    at += 12 + length;
  }
  return { width, height, channels: 3, data: unfilter(inflateSync(Buffer.concat(parts)), width, height) };
}

/** @param {Buffer} header @returns {[number, number]} width and height. */
function readHeader(header) {
  const [depth, color, , , interlaced] = header.subarray(8);
  if (depth !== 8 || color !== 2 || interlaced) throw new Error("only 8-bit RGB without interlacing is read");
  return [header.readUInt32BE(0), header.readUInt32BE(4)];
}

/** @param {Buffer} lines each after a byte that says its filter. @param {number} width @param {number} height */
function unfilter(lines, width, height) {
  const stride = width * 3, data = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < 3 ? 0 : data[at - 3], up = y ? data[at - stride] : 0;
      const corner = x < 3 || !y ? 0 : data[at - stride - 3];
      data[at] = lines[y * (stride + 1) + 1 + x] + predict(filter, left, up, corner);
    }
  }
  return data;
}

/** @param {number} filter @param {number} left @param {number} up @param {number} corner @returns {number} */
function predict(filter, left, up, corner) {
  if (filter === 4) return paeth(left, up, corner);
  return [0, left, up, (left + up) >> 1][filter];
}

/** @param {number} left @param {number} up @param {number} corner @returns {number} */
function paeth(left, up, corner) {
  const toLeft = Math.abs(up - corner), toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
