import { MienError } from "../src/errors.js";

/**
 * Files that `mien page` puts into the page: gzip, then base 85 as `mien.browser.page` writes it. Each is read
 * once; its text is removed then, so that it takes no memory twice.
 */

const BASE = 85, FIRST = 40; // the digits are the characters from "(" on
const LESS_THAN = 60, STAND_IN = 126; // "<" would begin a tag, so "~" stands for it

/**
 * Reads a file of the page.
 *
 * @param {string} name such as "yunet.onnx".
 * @param {{inflate?: boolean}} [options] `inflate`: decompress it, true by default.
 * @returns {Promise<Blob>}
 * @throws {MienError} the page is not whole.
 */
export async function readEmbedded(name, { inflate = true } = {}) {
  const element = document.querySelector(`script[data-file="${name}"]`);
  const length = Number(element?.getAttribute("data-bytes"));
  const text = element?.textContent ?? "";
  if (!element || text.length * 4 < length * 5) {
    throw new MienError("this page is not whole", { remedy: "copy it again, or write it anew with mien page" });
  }
  element.remove();
  const packed = new Blob([decode(text).subarray(0, length)]);
  if (!inflate) return packed;
  return new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).blob();
}

/**
 * Decodes base 85: five digits are four bytes, the highest first.
 *
 * @param {string} text
 */
export function decode(text) {
  const words = Math.floor(text.length / 5), bytes = new Uint8Array(4 * words), view = new DataView(bytes.buffer);
  for (let word = 0, at = 0; word < words; word++) {
    let value = 0;
    for (const end = at + 5; at < end; at++) value = value * BASE + digitOf(text.charCodeAt(at));
    view.setUint32(4 * word, value);
  }
  return bytes;
}

/** @param {number} code */
function digitOf(code) {
  return (code === STAND_IN ? LESS_THAN : code) - FIRST;
}
