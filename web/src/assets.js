/** @import { FileSource } from "./files.js" */
import { ModelError } from "./errors.js";
import { baseUrl, toPortable } from "./files.js";

/** The models of the package; others are opened as files. */
export const MODELS = ["default", "default-int8", "small", "small-int8"];
export const RUNTIME = "ort-wasm-simd-threaded.wasm.gz";
export const WEBGPU_RUNTIME = "ort-wasm-simd-threaded.asyncify.wasm.gz";

// Each URL is written out, as bundlers copy the files that such expressions name.
/** @type {Record<string, () => URL>} */
const BESIDE = {
  "yunet.onnx": () => new URL("./yunet.onnx", import.meta.url),
  "onet.onnx": () => new URL("./onet.onnx", import.meta.url),
  "default.onnx": () => new URL("./default.onnx", import.meta.url),
  "default-int8.onnx": () => new URL("./default-int8.onnx", import.meta.url),
  "small.onnx": () => new URL("./small.onnx", import.meta.url),
  "small-int8.onnx": () => new URL("./small-int8.onnx", import.meta.url),
  [RUNTIME]: () => new URL("./ort-wasm-simd-threaded.wasm.gz", import.meta.url),
  [WEBGPU_RUNTIME]: () => new URL("./ort-wasm-simd-threaded.asyncify.wasm.gz", import.meta.url),
};

/**
 * Finds a file of the package; a URL becomes absolute, so that a worker may fetch it.
 *
 * @param {string} name such as "yunet.onnx".
 * @param {string|URL|Record<string, FileSource>} [assets] the URL of the folder of all files, or where each comes
 *   from; those that it does not name are beside this module, as all are by default.
 * @returns {string|ArrayBuffer|Blob}
 * @throws {ModelError} there is no such file.
 */
export function locate(name, assets) {
  const isFolder = typeof assets === "string" || assets instanceof URL;
  if (isFolder) return new URL(name, toFolder(assets)).href;
  const source = assets?.[name] ?? BESIDE[name]?.();
  if (source === undefined) {
    const remedy = `choose from ${MODELS.join(", ")}, or give its URL or bytes`;
    throw new ModelError("no such model", { subject: name.replace(".onnx", ""), remedy });
  }
  return toPortable(source);
}

/** @param {string|URL} folder */
function toFolder(folder) {
  const url = new URL(folder, baseUrl());
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
