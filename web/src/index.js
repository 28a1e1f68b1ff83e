/** @import { FileSource } from "./files.js" */
/** @import { Description, Setup, Engine } from "./engine.js" */
/** @import { ImageSource } from "./media/sources.js" */
/** @import { StreamOptions, StreamSource } from "./media/frames.js" */
/** @import { Prior } from "./priors.js" */
/** @import { RemoteEngine } from "./remote.js" */
/** @import { Result } from "./types.js" */
import { MODELS, RUNTIME, WEBGPU_RUNTIME, locate } from "./assets.js";
import { Baseline } from "./baseline.js";
import { openOnDevice } from "./devices.js";
import { ClosedError, MienError } from "./errors.js";
import { readFile, toPortable } from "./files.js";
import { framesOf } from "./media/frames.js";
import { capture, nameOf } from "./media/sources.js";
import { checkSupport, countThreads } from "./support.js";
import { openRemote } from "./remote.js";
import { TIME_CONSTANT } from "./tracking/smoothing.js";

export * from "./errors.js";
export { Baseline, MODELS };

/**
 * Options of `load`.
 *
 * @typedef {Object} LoadOptions
 * @property {string|URL|ArrayBuffer|Blob} [model] the name of a model of the package ("default", "default-int8",
 *   "small", "small-int8"), or a model file of `mien export`: its URL as an object, its bytes, or a File.
 * @property {"wasm"|"webgpu"|"auto"} [device] "wasm", the default, is the CPU; "auto" times both and keeps the
 *   faster one. Where WebGPU is absent the CPU is used, and `notes` says so.
 * @property {number} [threads] of the CPU; by default as many as there are cores, 4 at most. 1 unless the page
 *   is cross-origin isolated.
 * @property {boolean|Worker|(() => Worker)} [worker] true, the default, starts the package's worker; false runs in
 *   this thread; a worker of yours runs the package's `mien.worker.js` under the name "mien".
 * @property {string|URL|Record<string, FileSource>} [assets] the folder of the package's files, or where each comes
 *   from by its name; by default beside the module.
 * @property {number} [unsureBelow] the confidence, 0 to 1, below which a face is labelled "unsure"; 0 by default.
 * @property {Prior} [prior] how common each label is where the faces are from: a source of the model, "uniform", or
 *   label to share. By default what the model learned.
 * @property {Blob|ArrayBuffer|Uint8Array} [profile] see `Mien.useProfile`.
 * @property {Baseline} [baseline] see `Mien.useBaseline`.
 */

/**
 * Loads Mien: its worker, the WASM runtime and the networks.
 *
 * @param {LoadOptions} [options]
 * @returns {Promise<Mien>}
 * @throws {UnsupportedError} the browser has no WebAssembly with SIMD, or the worker cannot be started.
 * @throws {ModelError} there is no such model, it breaks the contract, or the prior does not fit it.
 * @throws {MediaError} a file of the package cannot be fetched.
 *
 * @example
 * const mien = await load();
 * const { faces } = await mien.analyze(document.querySelector("img"));
 * console.log(faces.map((face) => `${face.emotion} ${face.confidence}`));
 */
export async function load(options = {}) {
  checkSupport();
  const { worker = true, device = "wasm", threads, assets, profile = null, baseline = null } = options;
  const setup = {
    model: toModel(options.model ?? "default", assets),
    files: {
      yunet: locate("yunet.onnx", assets),
      onet: locate("onet.onnx", assets),
      runtime: locate(RUNTIME, assets),
    },
    device: /** @type {const} */ ("wasm"),
    threads: countThreads(threads),
    unsureBelow: toShare(options.unsureBelow ?? 0),
    prior: options.prior ?? null,
  };
  const opened = worker === true
    ? await openOnDevice(device, setup, locate(WEBGPU_RUNTIME, assets))
    : await openElsewhere(device, setup, worker);
  const mien = new Mien(opened.engine, { ...opened, ...(await opened.engine.describe()), threads: setup.threads });
  await mien.useBaseline(baseline);
  if (profile) await mien.useProfile(profile);
  return mien;
}

/** Names the expressions on faces, in this browser. Made by `load`. */
export class Mien {
  #engine;
  #isClosed = false;
  /** @type {?Baseline} */
  #baseline = null;

  /**
   * @param {Engine|RemoteEngine} engine
   * @param {Description & {device: "wasm"|"webgpu", threads: number, notes: string[]}} description
   */
  constructor(engine, { card, quantities, prior, device, threads, notes }) {
    this.#engine = engine;
    /** The metadata of the model. */
    this.card = card;
    /** The labels of the model, in the order of the probabilities. */
    this.labels = card.labels;
    /** What is measured of each face, as `attributes`. */
    this.quantities = quantities;
    /** The name of the base rates; empty for the model's own. */
    this.prior = prior;
    /** What runs the networks. */
    this.device = device;
    this.threads = threads;
    /** Fallbacks that were taken, a sentence each. */
    this.notes = notes;
  }

  /**
   * Analyzes every face in one image.
   *
   * @param {ImageSource} source
   * @param {{crop?: boolean}} [options] `crop`: the image already is one cropped face, as those of FER2013.
   * @returns {Promise<Result>} the faces, from the largest; empty where no face is detected.
   * @throws {MediaError} the image cannot be read, is empty or has more than 120 million pixels.
   * @throws {ClosedError} after `close`.
   */
  async analyze(source, { crop = false } = {}) {
    this.#checkOpen();
    const image = await capture(source);
    return this.#correct(await this.#engine.analyze(image, { source: nameOf(source), crop }));
  }

  /**
   * Analyzes a moving source frame by frame: people keep their ids, and probabilities are smoothed.
   *
   * A playing video (a camera, or a file) is followed as it plays; frames for which there is no time are dropped,
   * and counted in `frame`. It waits while the video is paused or the tab is hidden, and ends with the video. A
   * file gives every frame at `fps`. Only one frame is analyzed at a time.
   *
   * @param {StreamSource} source
   * @param {{smoothing?: number} & StreamOptions} [options] `smoothing`: its time constant in seconds, 0.06 by
   *   default; 0 smooths nothing. `fps`: frames a second, at most those of a playing video, 30 by default of a file.
   *   `signal` ends the stream.
   * @returns {AsyncGenerator<Result>}
   * @throws {MediaError} the source cannot be played, or gives no frame for 15 seconds; with the next result.
   *
   * @example
   * for await (const { faces } of mien.stream(video)) show(faces);
   */
  async *stream(source, { smoothing = TIME_CONSTANT, fps, signal } = {}) {
    this.#checkOpen();
    const engine = this.#engine;
    const id = await engine.startStream({ smoothing });
    const name = nameOf(source);
    try {
      for await (const frame of framesOf(source, { fps, signal })) {
        yield this.#correct(await engine.step(id, { ...frame, source: name }));
      }
    } finally {
      if (!this.#isClosed) await engine.stopStream(id);
    }
  }

  /**
   * Adapts the probabilities to a person by a profile that `mien profile export` wrote for the same model.
   *
   * @param {?(Blob|ArrayBuffer|Uint8Array)} profile null for none.
   * @throws {ProfileError} it is damaged, newer than this Mien, or of another model.
   */
  async useProfile(profile) {
    this.#checkOpen();
    await this.#engine.useProfile(profile === null ? null : await toBytes(profile));
  }

  /**
   * Corrects the probabilities of a stream by the person's own neutral face.
   *
   * @param {?Baseline} baseline null for none.
   */
  async useBaseline(baseline) {
    this.#checkOpen();
    this.#baseline = baseline;
  }

  /** Ends the worker. Calls that are not answered yet, and later ones, are rejected with a `ClosedError`. */
  async close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#engine.close();
  }

  /** @param {Result} result */
  #correct(result) {
    return this.#baseline ? this.#baseline.apply(result) : result;
  }

  #checkOpen() {
    if (this.#isClosed) throw new ClosedError("Mien was closed", { remedy: "load it again" });
  }
}

/**
 * Opens the engine in this thread, or in a worker of the caller's; neither has the runtime with WebGPU.
 *
 * @param {"wasm"|"webgpu"|"auto"} device
 * @param {Setup} setup
 * @param {false|Worker|(() => Worker)} worker
 */
async function openElsewhere(device, setup, worker) {
  const notes = device === "wasm" ? [] : ["WebGPU runs in the package's own worker only; the CPU is used."];
  return { engine: worker ? await openRemote(setup, toWorker(worker)) : await openLocal(setup), device: setup.device, notes };
}

/** @param {Setup} setup */
async function openLocal(setup) {
  const { Engine } = await import("./worker.js");
  return Engine.open(setup);
}

/** @param {Worker|(() => Worker)} worker */
function toWorker(worker) {
  return typeof worker === "function" ? worker() : worker;
}

/**
 * @param {string|URL|ArrayBuffer|Blob} model
 * @param {LoadOptions["assets"]} assets
 */
function toModel(model, assets) {
  if (typeof model === "string") return { name: model, file: locate(`${model}.onnx`, assets) };
  return { name: model instanceof ArrayBuffer ? "the model" : nameOf(model), file: toPortable(model) };
}

/** @param {number} value */
function toShare(value) {
  if (value >= 0 && value <= 1) return value;
  throw new MienError(`unsureBelow must be between 0 and 1, got ${value}`);
}

/** @param {Blob|ArrayBuffer|Uint8Array} source */
async function toBytes(source) {
  return source instanceof Uint8Array ? source : new Uint8Array(await readFile(source, nameOf(source)));
}
