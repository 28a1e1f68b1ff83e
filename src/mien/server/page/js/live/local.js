/** @import { Result } from "../types.js" */
/** @import { PersonIds } from "./ids.js" */
import { askFile } from "../api.js";
import { formatError } from "../format.js";
import { UNSURE } from "../labels.js";
import { loadCatalog, USUAL_SMOOTHING } from "../settings.js";

const MODULE = "/browser/mien.js";
/** The face detector that the engine has, by the server's name. */
export const LOCAL_DETECTOR = "yunet";

/**
 * What is used of the npm package `mien`.
 *
 * @typedef {{image: HTMLCanvasElement, time: number}} TimedImage
 * @typedef {object} Mien
 * @property {(frames: AsyncIterable<TimedImage>, options: {smoothing: number}) => AsyncGenerator<Result>} stream
 * @property {(profile: ?Blob) => Promise<void>} useProfile
 * @property {() => Promise<void>} close
 */

/** The engine cannot run in this browser, or runs no more. */
export class LocalEngineError extends Error {}

/**
 * Analyzes Live's frames in a worker of this browser: no image is sent. The engine, some 10 MB, is loaded from
 * the server at the first frame, and anew for another model.
 */
export class LocalEngine {
  #ids;
  #settings = { model: /** @type {?string} */ (null), prior: /** @type {?string} */ (null),
    profile: /** @type {?string} */ (null), unsure_below: 0, smoothing: USUAL_SMOOTHING };
  /** @type {?Mien} */
  #mien = null;
  #loaded = ""; // the model and prior that the engine has
  /** @type {?string|undefined} the profile that the engine has; undefined where it is to be read anew. */
  #profile;
  /** @type {?AsyncGenerator<Result>} */
  #results = null;
  #smoothing = NaN; // that of #results
  /** @type {?TimedImage} */
  #frame = null;
  #isCold = true; // whether the networks have not run yet
  #isClosed = false;

  /** @param {PersonIds} ids */
  constructor(ids) {
    this.#ids = ids;
  }

  /** Sets `model`, `prior`, `profile`, `unsure_below` or `smoothing` for the images that follow. @param {Record<string, any>} settings */
  set(settings) {
    Object.assign(this.#settings, settings);
  }

  /** Has the profile's newest corrections apply to the images that follow. */
  renewProfile() {
    this.#profile = undefined;
  }

  /**
   * Loads what the settings need; returns at once where it is loaded.
   *
   * @throws {LocalEngineError} the engine cannot run here.
   * @throws {Error} an ApiError: there is no such profile, or the server does not respond.
   * @throws {Error} a ProfileError: the profile is of another model.
   */
  async open() {
    const { model, prior, profile } = this.#settings, wanted = JSON.stringify([model, prior]);
    if (!this.#mien || wanted !== this.#loaded) await this.#load(wanted);
    if (profile !== this.#profile) await this.#useProfile(profile);
    if (this.#results && this.#smoothing !== this.#settings.smoothing) this.#endStream();
  }

  /**
   * @param {HTMLCanvasElement} image
   * @returns {Promise<Result>} with person ids, without face_ids.
   * @throws {LocalEngineError} the worker runs no more.
   */
  async analyze(image) {
    try {
      if (this.#isCold) await this.#warmUp(image);
      return this.#finish(await this.#step(image));
    } catch (error) {
      this.#results = null;
      throw nameOf(error) === "MediaError" ? error : new LocalEngineError(formatError(error));
    }
  }

  close() {
    this.#isClosed = true;
    this.#unload();
  }

  /** @param {string} wanted */
  async #load(wanted) {
    this.#unload();
    const mien = await openEngine(this.#settings);
    if (this.#isClosed) {
      mien.close();
      throw new LocalEngineError("It was closed.");
    }
    [this.#mien, this.#loaded, this.#profile, this.#isCold] = [mien, wanted, undefined, true];
  }

  #unload() {
    this.#endStream();
    this.#mien?.close();
    this.#mien = null;
  }

  /** @param {?string} name */
  async #useProfile(name) {
    const file = name ? await askFile("GET", `/v1/profiles/${encodeURIComponent(name)}/export`) : null;
    await this.#mien?.useProfile(file);
    this.#profile = name;
  }

  /** Runs the networks once: that takes seconds, in which a stream would lose everybody. @param {HTMLCanvasElement} image */
  async #warmUp(image) {
    await this.#step(image);
    this.#endStream();
    this.#isCold = false;
  }

  /** @param {HTMLCanvasElement} image @returns {Promise<Result>} */
  async #step(image) {
    this.#frame = { image, time: performance.now() / 1000 };
    this.#results ??= this.#startStream();
    return (await this.#results.next()).value;
  }

  #startStream() {
    if (!this.#mien) throw new LocalEngineError("It was closed.");
    this.#ids.restart();
    this.#smoothing = this.#settings.smoothing;
    return this.#mien.stream(this.#frames(), { smoothing: this.#smoothing });
  }

  #endStream() {
    this.#results?.return(undefined).catch(() => {}); // its worker may be gone
    this.#results = null;
  }

  /** The frame that `analyze` has, each time the stream asks for one. @returns {AsyncGenerator<TimedImage>} */
  async *#frames() {
    while (this.#frame) yield this.#frame;
  }

  /** @param {Result} result */
  #finish(result) {
    this.#ids.assign(result);
    for (const face of result.faces) {
      if (face.confidence < this.#settings.unsure_below) face.emotion = UNSURE;
    }
    return result;
  }
}

/**
 * @param {{model: ?string, prior: ?string}} choice the server's own where null.
 * @returns {Promise<Mien>}
 * @throws {LocalEngineError}
 * @throws {Error} an ApiError: the server does not respond.
 */
async function openEngine(choice) {
  const { models } = await loadCatalog();
  const model = models.find(({ name, default: isDefault }) => (choice.model ? name === choice.model : isDefault));
  if (!model) throw new LocalEngineError("The server has no such model.");
  const { load } = await importEngine();
  const url = new URL(`/browser/models/${encodeURIComponent(model.name)}.onnx`, location.href);
  try {
    return await load({ model: url, prior: choice.prior ?? model.base_rates ?? undefined });
  } catch (error) {
    throw new LocalEngineError(formatError(error));
  }
}

/** @returns {Promise<{load: (options: object) => Promise<Mien>}>} */
async function importEngine() {
  try {
    return await import(MODULE);
  } catch (error) {
    await askFile("GET", MODULE).catch((refusal) => {
      throw refusal.code === "unreachable" ? refusal : new LocalEngineError(formatError(refusal));
    });
    throw new LocalEngineError(formatError(error));
  }
}

/** @param {unknown} error */
const nameOf = (error) => (error instanceof Error ? error.name : "");
