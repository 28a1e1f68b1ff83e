/** @import { Network, Tensor } from "./types.js" */
import * as ort from "onnxruntime-web/wasm";
import { MienError, ModelError } from "./errors.js";

const OUT_OF_MEMORY = /bad_alloc|out of memory|OOM|allocation failed|memory access out of bounds/i;

/**
 * Prepares the runtime, before the first network is opened. A second call changes nothing: a page, or a
 * worker, has one runtime.
 *
 * @param {{wasm?: ArrayBuffer, threads: number}} options the runtime's binary, not compressed; by default the
 *   runtime looks for it itself.
 */
export function configureRuntime({ wasm, threads }) {
  ort.env.logLevel = "error";
  if (wasm) ort.env.wasm.wasmBinary ??= wasm;
  ort.env.wasm.numThreads = threads;
}

/**
 * Opens a network.
 *
 * @param {Uint8Array} bytes of an ONNX file.
 * @param {"wasm"|"webgpu"} [device]
 * @param {string} [name] of the file, for errors.
 * @returns {Promise<Network>}
 * @throws {ModelError} the bytes are not ONNX.
 */
export async function openNetwork(bytes, device = "wasm", name = "the network") {
  const options = { executionProviders: [device], logSeverityLevel: /** @type {3} */ (3) };
  try {
    return new OrtNetwork(await ort.InferenceSession.create(bytes, options));
  } catch (error) {
    throw toMienError(error, (text) =>
      new ModelError(`cannot be opened as an ONNX model: ${text}`, { subject: name }));
  }
}

/** @implements {Network} */
class OrtNetwork {
  #session;

  /** @param {ort.InferenceSession} session */
  constructor(session) {
    this.#session = session;
  }

  /** @param {Record<string, Tensor>} feeds @returns {Promise<Record<string, Tensor>>} */
  async run(feeds) {
    const inputs = Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]);
    try {
      const outputs = await this.#session.run(Object.fromEntries(inputs));
      return /** @type {Record<string, Tensor>} */ (/** @type {unknown} */ (outputs));
    } catch (error) {
      throw toMienError(error, (text) => new MienError(`a network failed: ${text}`));
    }
  }
}

/** @param {Tensor} tensor */
function toOrt({ type, data, dims }) {
  return type === "uint8"
    ? new ort.Tensor("uint8", /** @type {Uint8Array} */ (data), dims)
    : new ort.Tensor("float32", /** @type {Float32Array} */ (data), dims);
}

/**
 * @param {unknown} error
 * @param {(text: string) => MienError} otherwise
 */
function toMienError(error, otherwise) {
  const text = error instanceof Error ? error.message : String(error);
  if (!OUT_OF_MEMORY.test(text) && !(error instanceof RangeError)) return otherwise(text);
  return new MienError("the browser ran out of memory", {
    remedy: "close other tabs, use smaller images, or load the model 'small'",
  });
}
