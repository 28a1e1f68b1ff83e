/** @import { Adapter } from "./personalization/adapter.js" */
/** @import { Quantity, Result } from "./types.js" */
/** @import { ModelCard } from "./model_card.js" */
/** @import { Portable } from "./media/pixels.js" */
/** @import { Prior } from "./priors.js" */
/** @import { FrameTracker } from "./analyzer.js" */
import { Analyzer } from "./analyzer.js";
import { readFile } from "./files.js";
import { ClosedError } from "./errors.js";
import { PixelReader } from "./media/pixels.js";
import { configureRuntime, openNetwork } from "./onnx.js";

/**
 * What an engine is made of. Files are absolute URLs, bytes or blobs.
 *
 * @typedef {Object} Setup
 * @property {{name: string, file: string|ArrayBuffer|Blob}} model
 * @property {Record<"yunet"|"onet"|"runtime", string|ArrayBuffer|Blob>} files
 * @property {"wasm"|"webgpu"} device
 * @property {number} threads
 * @property {number} unsureBelow
 * @property {?Prior} prior
 *
 * @typedef {{card: ModelCard, quantities: Quantity[], prior: string}} Description
 *
 * @typedef {{image: Portable, number: number, time: number, source: string}} EngineFrame
 */

/** Analyzes images, in a worker or in the page. Calls run one after another. */
export class Engine {
  #analyzer;
  #reader = new PixelReader();
  /** @type {Map<number, FrameTracker>} */
  #streams = new Map();
  #nextStream = 1;
  /** @type {?Adapter} */
  #adapter = null;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @param {Analyzer} analyzer */
  constructor(analyzer) {
    this.#analyzer = analyzer;
  }

  /** @param {Setup} setup */
  static async open({ model, files, device, threads, unsureBelow, prior }) {
    const [runtime, bytes, yunet, onet] = await Promise.all([
      readFile(files.runtime, "the WASM runtime"),
      readFile(model.file, model.name),
      readFile(files.yunet, "yunet.onnx"),
      readFile(files.onet, "onet.onnx"),
    ]);
    configureRuntime({ wasm: runtime, threads });
    return new Engine(await Analyzer.open({
      model: { name: model.name, bytes: new Uint8Array(bytes) },
      yunet: await openNetwork(new Uint8Array(yunet), device, "yunet.onnx"),
      onet: await openNetwork(new Uint8Array(onet), device, "onet.onnx"),
      device,
      unsureBelow,
      prior,
    }));
  }

  /** @returns {Promise<Description>} */
  async describe() {
    const { card, quantities, prior } = this.#analyzer;
    return { card, quantities, prior };
  }

  /**
   * @param {Portable} image
   * @param {{source: string, crop: boolean}} options
   * @returns {Promise<Result>}
   */
  analyze(image, { source, crop }) {
    return this.#queue(async () => {
      const pixels = await this.#reader.read(image, source);
      return crop
        ? this.#analyzer.analyzeCrop(pixels, { source, adapter: this.#adapter })
        : this.#analyzer.analyze(pixels, { source, adapter: this.#adapter });
    });
  }

  /**
   * Starts a stream, whose persons are its own.
   *
   * @param {{smoothing: number}} options
   * @returns {Promise<number>} its id.
   */
  async startStream({ smoothing }) {
    this.#streams.set(this.#nextStream, this.#analyzer.track({ smoothing }));
    return this.#nextStream++;
  }

  /**
   * Analyzes the next frame of a stream.
   *
   * @param {number} id
   * @param {EngineFrame} frame
   * @returns {Promise<Result>}
   */
  step(id, { image, number, time, source }) {
    return this.#queue(async () => {
      const track = this.#streams.get(id);
      if (!track) throw new ClosedError("this stream was stopped", { remedy: "start another" });
      const pixels = await this.#reader.read(image, source);
      return track({ image: pixels, number, time, source }, this.#adapter);
    });
  }

  /** @param {number} id */
  async stopStream(id) {
    this.#streams.delete(id);
  }

  /** Milliseconds that a frame with a face takes: the median of a few, after one that warms up. */
  measure() {
    return this.#queue(() => this.#analyzer.measure());
  }

  /** @param {?Uint8Array} profile the bytes of an exported one; null for none. */
  useProfile(profile) {
    return this.#queue(async () => {
      this.#adapter = profile && await this.#analyzer.openProfile(profile);
    });
  }

  async close() {
    this.#streams.clear();
  }

  /**
   * @template T
   * @param {() => Promise<T>} call
   * @returns {Promise<T>}
   */
  #queue(call) {
    const result = this.#last.then(call);
    this.#last = result.catch(() => {});
    return result;
  }
}
