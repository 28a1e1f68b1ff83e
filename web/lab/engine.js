/** @import { LoadOptions, Mien } from "../src/index.js" */
import { UnsupportedError, load } from "../src/index.js";
import { RUNTIME } from "../src/assets.js";
import { readEmbedded } from "./embedded.js";

const NETWORKS = ["yunet.onnx", "onet.onnx"];

/**
 * Opens Mien from the files within the page, in a worker; in the page's own thread where the browser starts none.
 *
 * @param {{model: string, custom?: ?File}} choice `model`: the name of the model within the page; `custom`: a model
 *   file in its place.
 * @returns {Promise<{mien: Mien, note: string}>} `note` says which fallback was taken; empty where none was.
 */
export async function openEngine({ model, custom = null }) {
  const files = await readFiles(model), { worker, ...assets } = files;
  /** @type {LoadOptions} */
  const options = { model: custom ?? model, assets };
  const url = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
  try {
    const start = () => new Worker(url, { name: "mien" });
    return { mien: await load({ ...options, worker: start }), note: "" };
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    const mien = await load({ ...options, worker: false });
    return { mien, note: "This browser starts no worker here, so the page may respond slowly." };
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** @type {?Promise<Record<string, Blob>>} they are in the page once, and needed again for another model. */
let files = null;

/** @param {string} model @returns {Promise<Record<string, Blob>>} by the names that `load` knows. */
function readFiles(model) {
  files ??= readAll(model);
  return files;
}

/** @param {string} model */
async function readAll(model) {
  const names = [...NETWORKS, `${model}.onnx`];
  const networks = names.map(async (name) => /** @type {const} */ ([name, await readEmbedded(name)]));
  const [runtime, worker, ...others] = await Promise.all([
    readEmbedded(RUNTIME, { inflate: false }), readEmbedded("lab.worker.js"), ...networks,
  ]);
  return { [RUNTIME]: runtime, worker, ...Object.fromEntries(others) };
}
