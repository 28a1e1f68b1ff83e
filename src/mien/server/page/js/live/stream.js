/** @import { Result } from "../types.js" */
/** @import { PersonIds } from "./ids.js" */
import { ApiError, ask, connection, wait } from "../api.js";
import { contextOf } from "../canvas.js";
import { make } from "../dom.js";

const RETRY_DELAY = 2; // seconds until a refused connection is tried again
const TIMEOUT = 20_000; // milliseconds without a result after which a connection is closed
const LONGEST_SIDE = 640, QUALITY = 0.85; // a face that is detected in a video stays detectable
const PATIENCE = 1; // seconds: a hidden page gets no frames by itself, and a refusal may last

/**
 * What analyzes Live's frames, one at a time: the server, or this browser.
 *
 * @typedef {object} LiveEngine
 * @property {(settings: Record<string, any>) => void} set changes settings for the images that follow.
 * @property {() => void} renewProfile has the profile's newest corrections apply.
 * @property {() => Promise<void>} open gets ready; returns at once where it is.
 * @property {(image: HTMLCanvasElement) => Promise<Result>} analyze
 * @property {() => void} close
 */

/** @typedef {{resolve: (result: Result) => void, reject: (error: Error) => void, timer: number}} Pending */

/**
 * A WebSocket to /v1/live with one image under way. When it breaks, a new one is opened as soon as
 * the server responds, with the same settings; the ids of people continue, though the server starts
 * again at 1.
 */
export class LiveSocket {
  /** @type {?WebSocket} */
  #socket = null;
  /** @type {?Pending} */
  #pending = null;
  /** @type {Record<string, any>} */
  #settings = { face_ids: true };
  #isClosed = false;
  #ids;
  #onRefused;

  /**
   * @param {PersonIds} ids
   * @param {(error: ApiError) => void} onRefused called with a setting that the server refuses.
   */
  constructor(ids, onRefused) {
    this.#ids = ids;
    this.#onRefused = onRefused;
  }

  get #isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Sets `model`, `profile`, `unsure_below` or `smoothing` for the images that follow.
   *
   * @param {Record<string, any>} settings
   */
  set(settings) {
    Object.assign(this.#settings, settings);
    if (this.#isOpen) this.#sendSettings();
  }

  /** Nothing to do: the server reads the profile for every image. */
  renewProfile() {}

  /**
   * Sends an image and waits for its result.
   *
   * @param {HTMLCanvasElement} image
   * @returns {Promise<Result>} with person ids and face_ids.
   * @throws {ApiError} the server refuses the image, or the connection broke.
   */
  async analyze(image) {
    return this.#send(await encode(image));
  }

  /** @param {Blob} image @returns {Promise<Result>} */
  #send(image) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(), TIMEOUT);
      this.#pending = { resolve, reject, timer };
      if (this.#isOpen) this.#socket?.send(image);
      else this.#fail(broken());
    });
  }

  /** Opens the socket, however long the server is away; returns at once where it is open. */
  async open() {
    while (!this.#isClosed && !this.#isOpen) {
      await connection.whenBack();
      if (await this.#connect()) return;
      await ask("GET", "/v1/models"); // throws the reason, unless only the socket is refused
      await wait(RETRY_DELAY);
    }
  }

  close() {
    this.#isClosed = true;
    this.#socket?.close();
  }

  /** @returns {Promise<boolean>} whether it succeeded. */
  #connect() {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/live`);
      this.#socket = socket;
      socket.onopen = () => {
        this.#ids.restart();
        this.#sendSettings();
        resolve(true);
      };
      socket.onclose = () => {
        if (socket === this.#socket) this.#fail(broken());
        resolve(false);
      };
      socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    });
  }

  #expire() {
    this.#fail(broken());
    this.#socket?.close();
  }

  #sendSettings() {
    this.#socket?.send(JSON.stringify(this.#settings));
  }

  /** @param {any} message */
  #receive(message) {
    if (message.settings) return;
    if (!message.error) this.#succeed(message);
    else if ("frame" in message) this.#fail(toError(message.error));
    else this.#onRefused(toError(message.error));
  }

  /** @param {Result} result */
  #succeed(result) {
    this.#ids.assign(result);
    this.#settle((pending) => pending.resolve(result));
  }

  /** @param {ApiError} error */
  #fail(error) {
    this.#settle((pending) => pending.reject(error));
  }

  /** @param {(pending: Pending) => void} end */
  #settle(end) {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = null;
    clearTimeout(pending.timer);
    end(pending);
  }
}

const broken = () => new ApiError("the connection to the server broke; reconnecting.", 0, "unreachable");
/** @param {{message: string, code: string}} error */
const toError = ({ message, code }) => new ApiError(message, 0, code);

/**
 * @typedef {object} Analyzed
 * @property {Result} result in pixels of `image`.
 * @property {number} time when the image was captured, in seconds of the page's clock.
 * @property {number} delay from then to the result, in seconds.
 * @property {HTMLCanvasElement} image the one that was analyzed; it holds another from the next frame on.
 * @property {number} dropped how many frames the camera gave since the last one that was analyzed.
 */

/**
 * Has a video's frames analyzed, one after the other.
 *
 * @param {HTMLVideoElement} video
 * @param {() => LiveEngine} engineOf what analyzes the next frame.
 * @param {{signal: AbortSignal, onResult: (analyzed: Analyzed) => void,
 *   onError: (error: unknown) => void}} options `signal` stops it.
 */
export async function streamFrames(video, engineOf, { signal, onResult, onError }) {
  const canvas = make("canvas");
  let wasPaused = false, last = NaN; // the number of the last frame that was analyzed
  while (!signal.aborted) {
    const presented = await nextFrame(video);
    // A video that starts slowly has a size before it has an image, and would be black.
    const hasImage = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    // The frame at which the video was paused is analyzed, too: results are of what is displayed.
    if (signal.aborted || !hasImage || (video.paused && wasPaused)) continue;
    wasPaused = video.paused;
    const engine = engineOf();
    try {
      await engine.open();
      const analyzed = await analyzeFrame(video, engine, canvas);
      onResult({ ...analyzed, dropped: presented > last ? presented - last - 1 : 0 });
      last = presented;
    } catch (error) {
      if (signal.aborted) return;
      if (engine !== engineOf()) continue; // it was closed for another one
      onError(error);
      await Promise.all([connection.whenBack(), wait(PATIENCE)]);
    }
  }
}

/** @param {HTMLVideoElement} video @param {LiveEngine} engine @param {HTMLCanvasElement} canvas */
async function analyzeFrame(video, engine, canvas) {
  const time = performance.now() / 1000;
  draw(video, canvas);
  const result = await engine.analyze(canvas);
  return { result, time, image: canvas, delay: performance.now() / 1000 - time };
}

/**
 * Waits for the camera's next frame.
 *
 * @param {HTMLVideoElement} video
 * @returns {Promise<number>} its number; NaN where a hidden page is given none.
 */
function nextFrame(video) {
  return new Promise((resolve) => {
    const callback = video.requestVideoFrameCallback((_, { presentedFrames }) => {
      clearTimeout(timer);
      resolve(presentedFrames);
    });
    const timer = setTimeout(() => {
      video.cancelVideoFrameCallback(callback);
      resolve(NaN);
    }, 1000 * PATIENCE);
  });
}

/** Draws the frame that a video shows, as small as it is analyzed. @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas */
function draw(video, canvas) {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(LONGEST_SIDE / Math.max(videoWidth, videoHeight), 1);
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  contextOf(canvas).drawImage(video, 0, 0, canvas.width, canvas.height);
}

/** @param {HTMLCanvasElement} image @returns {Promise<Blob>} */
function encode(image) {
  return new Promise((resolve, reject) => image.toBlob((blob) => {
    if (blob) resolve(blob);
    else reject(new Error("the browser could not encode the camera's image."));
  }, "image/jpeg", QUALITY));
}
