import { UnsupportedError } from "./errors.js";

// A function that holds an i32x4.dot_i16x8_s: valid only where WebAssembly has SIMD.
const SIMD = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 30, 1, 28, 0, 65, 0, 253, 15, 253, 12, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 253, 186, 1, 26, 11,
]);
const MOST_THREADS = 4; // networks this small gain nothing from more

/** Throws unless this browser has what the runtime needs: WebAssembly with SIMD, and DecompressionStream. */
export function checkSupport() {
  const remedy = "use a browser of 2023 or later";
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(SIMD)) {
    throw new UnsupportedError("this browser has no WebAssembly with SIMD", { remedy });
  }
  if (typeof DecompressionStream === "undefined") {
    throw new UnsupportedError("this browser cannot decompress gzip", { remedy });
  }
}

/**
 * Returns how many threads the runtime gets: those asked for where the page is cross-origin isolated, else 1.
 *
 * @param {number} [wanted] by default as many as there are cores, 4 at most.
 */
export function countThreads(wanted = Math.min(MOST_THREADS, globalThis.navigator?.hardwareConcurrency ?? 1)) {
  return globalThis.crossOriginIsolated ? Math.max(1, Math.floor(wanted)) : 1;
}
