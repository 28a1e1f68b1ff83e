/** @import { Result } from "./types.js" */
/** @import { Description, EngineFrame, Setup } from "./engine.js" */
/** @import { Portable } from "./media/pixels.js" */
/** @import { Answer } from "./worker.js" */
import { ClosedError, UnsupportedError, fromPlain } from "./errors.js";
import { toMediaError } from "./media/pixels.js";
import { transferOf } from "./media/sources.js";

/** The page's side of an engine that runs in a worker: every call is a message. */
export class RemoteEngine {
  #worker;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #pending = new Map();
  #calls = 0;
  /** @type {?Error} why no call is answered any more. */
  #failure = null;

  /** @param {Worker} worker that runs `worker.js` under the name "mien". */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }) => this.#settle(data));
    worker.addEventListener("messageerror", () => this.#fail(dead("sent what cannot be read")));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail(dead(event.message ? `failed: ${event.message}` : "cannot be started"));
    });
  }

  /**
   * Opens the engine.
   *
   * @param {Setup} setup
   * @returns {Promise<void>}
   */
  open(setup) {
    return this.#call("open", [setup]);
  }

  /** @returns {Promise<Description>} */
  describe() {
    return this.#call("describe", []);
  }

  /** @param {Portable} image @param {{source: string, crop: boolean}} options @returns {Promise<Result>} */
  analyze(image, options) {
    return this.#call("analyze", [image, options], image, options.source);
  }

  /** @param {{smoothing: number}} options @returns {Promise<number>} */
  startStream(options) {
    return this.#call("startStream", [options]);
  }

  /** @param {number} id @param {EngineFrame} frame @returns {Promise<Result>} */
  step(id, frame) {
    return this.#call("step", [id, frame], frame.image, frame.source);
  }

  /** @param {number} id @returns {Promise<void>} */
  stopStream(id) {
    return this.#call("stopStream", [id]);
  }

  /** Milliseconds that a frame with a face takes. @returns {Promise<number>} */
  measure() {
    return this.#call("measure", []);
  }

  /** @param {?Uint8Array} profile @returns {Promise<void>} */
  useProfile(profile) {
    return this.#call("useProfile", [profile]);
  }

  /** Ends the worker; calls that are not answered yet are rejected. */
  async close() {
    this.#fail(new ClosedError("Mien was closed", { remedy: "load it again" }));
  }

  /**
   * @param {string} method
   * @param {unknown[]} args
   * @param {?Portable} [image] among them, to be handed over.
   * @param {string} [source] of the image, for errors.
   * @returns {Promise<any>}
   */
  #call(method, args, image = null, source = "<image>") {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      const id = this.#calls++;
      try {
        this.#worker.postMessage({ id, method, args }, image ? transferOf(image) : []);
        this.#pending.set(id, { resolve, reject });
      } catch (error) {
        reject(toMediaError(error, source));
      }
    });
  }

  /** @param {Answer} answer */
  #settle(answer) {
    const call = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ("error" in answer) call?.reject(fromPlain(answer.error));
    else call?.resolve(answer.value);
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}

/**
 * Opens an engine in a worker.
 *
 * @param {Setup} setup
 * @param {Worker} worker
 * @returns {Promise<RemoteEngine>}
 */
export async function openRemote(setup, worker) {
  const engine = new RemoteEngine(worker);
  try {
    await engine.open(setup);
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Starts the package's worker. */
export function startWorker() {
  return start(() => new Worker(new URL("./mien.worker.js", import.meta.url), { type: "module", name: "mien" }));
}

/** Starts the package's worker whose runtime has WebGPU. */
export function startWebGpuWorker() {
  return start(() => new Worker(new URL("./mien.webgpu.worker.js", import.meta.url), { type: "module", name: "mien" }));
}

/** @param {() => Worker} make */
function start(make) {
  try {
    return make();
  } catch (error) {
    throw dead(`cannot be started: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {string} what */
function dead(what) {
  const remedy = "check the page's Content-Security-Policy (worker-src, 'wasm-unsafe-eval') and its memory, then load Mien again";
  return new UnsupportedError(`Mien's worker ${what}`, { remedy });
}
