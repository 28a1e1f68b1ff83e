import { UnsupportedError } from "./errors.js";

/**
 * Returns the SHA-256 of bytes, hexadecimal: it identifies a model file among those of the same name.
 *
 * @param {Uint8Array} bytes
 * @returns {Promise<string>}
 * @throws {UnsupportedError} the page is not a secure context, so that browsers keep `crypto.subtle` from it.
 */
export async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) {
    throw new UnsupportedError("a profile cannot be checked on an insecure page", {
      remedy: "open the page by https, or from localhost",
    });
  }
  const digest = await crypto.subtle.digest("SHA-256", /** @type {Uint8Array<ArrayBuffer>} */ (bytes));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
