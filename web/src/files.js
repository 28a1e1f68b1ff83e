import { MediaError, UnsupportedError } from "./errors.js";

/**
 * Where the bytes of a file come from.
 *
 * @typedef {string|URL|ArrayBuffer|Blob} FileSource
 */

/** A source as a worker understands it: a URL becomes absolute. @param {FileSource} source @returns {string|ArrayBuffer|Blob} */
export function toPortable(source) {
  return typeof source === "string" || source instanceof URL ? new URL(source, baseUrl()).href : source;
}

/**
 * Reads a file; one that is compressed by gzip is decompressed.
 *
 * @param {string|ArrayBuffer|Blob} source
 * @param {string} name for errors.
 * @returns {Promise<ArrayBuffer>}
 * @throws {MediaError} it cannot be fetched.
 */
export async function readFile(source, name) {
  const bytes = source instanceof ArrayBuffer ? source : await (await open(source, name)).arrayBuffer();
  return isGzip(bytes) ? gunzip(bytes, name) : bytes;
}

/** @param {string|Blob} source @param {string} name @returns {Promise<Response|Blob>} */
async function open(source, name) {
  if (typeof source !== "string") return source;
  let response = null;
  try {
    response = await fetch(source);
  } catch {
    // Offline, blocked by a policy, or of another origin: browsers do not say which.
  }
  if (response?.ok) return response;
  const reason = response ? `the server answers ${response.status}` : "cannot be fetched";
  throw new MediaError(reason, { subject: name, remedy: `check that ${source} can be opened from this page` });
}

/** @param {ArrayBuffer} bytes @param {string} name */
async function gunzip(bytes, name) {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await new Response(stream).arrayBuffer();
  } catch {
    throw new UnsupportedError("is damaged", { subject: name, remedy: "copy the package's files again" });
  }
}

/** @param {ArrayBuffer} bytes */
function isGzip(bytes) {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  return first === 0x1f && second === 0x8b;
}

/** What relative URLs are relative to. */
export function baseUrl() {
  return globalThis.document?.baseURI ?? globalThis.location?.href;
}
