/** @import { Result } from "../types.js" */
import { ApiError, ask, connection, wait } from "../api.js";
import { contextOf } from "../canvas.js";
import { make } from "../dom.js";

const RETRY_DELAY = 2; // seconds until a refused connection is tried again
const TIMEOUT = 20_000; // milliseconds without a result after which a connection is closed
const LONGEST_SIDE = 640, QUALITY = 0.85; // a face that is detected in a video stays detectable
const PATIENCE = 1; // seconds: a hidden page gets no frames by itself, and a refusal may last

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
  #offset = 0; // the highest id of a person on the sockets before this one
  #highest = 0;
  #isClosed = false;

  /** @param {(error: ApiError) => void} onRefused called with a setting that the server refuses. */
  constructor(onRefused) {
    this.onRefused = onRefused;
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

  /**
   * Sends an image and waits for its result.
   *
   * @param {Blob} image
   * @returns {Promise<Result>} with person ids and face_ids.
   * @throws {ApiError} the server refuses the image, or the connection broke.
   */
  analyze(image) {
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
        this.#offset = this.#highest;
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
    else this.onRefused(toError(message.error));
  }

  /** @param {Result} result */
  #succeed(result) {
    for (const face of result.faces) {
      face.person = (face.person ?? 0) + this.#offset;
      this.#highest = Math.max(this.#highest, face.person);
    }
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
 * @property {Result} result in pixels of the image that was sent.
 * @property {number} time when the image was captured, in seconds of the page's clock.
 * @property {number} delay from then to the result, in seconds.
 * @property {HTMLCanvasElement} image the one that was sent; it holds another from the next frame on.
 * @property {number} dropped how many frames the camera gave since the last one that was sent.
 */

/**
 * Sends a video's frames over a socket, one after the other.
 *
 * @param {HTMLVideoElement} video
 * @param {LiveSocket} socket
 * @param {{signal: AbortSignal, onResult: (analyzed: Analyzed) => void,
 *   onError: (error: unknown) => void}} options `signal` stops it.
 */
export async function streamFrames(video, socket, { signal, onResult, onError }) {
  const canvas = make("canvas");
  let wasPaused = false, last = NaN; // the number of the last frame that was sent
  while (!signal.aborted) {
    const presented = await nextFrame(video);
    // A video that starts slowly has a size before it has an image, and would be black.
    const hasImage = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    // The frame at which the video was paused is sent, too: results are of what is displayed.
    if (signal.aborted || !hasImage || (video.paused && wasPaused)) continue;
    wasPaused = video.paused;
    try {
      await socket.open();
      const analyzed = await analyzeFrame(video, socket, canvas);
      onResult({ ...analyzed, dropped: presented > last ? presented - last - 1 : 0 });
      last = presented;
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
      await Promise.all([connection.whenBack(), wait(PATIENCE)]);
    }
  }
}

/** @param {HTMLVideoElement} video @param {LiveSocket} socket @param {HTMLCanvasElement} canvas */
async function analyzeFrame(video, socket, canvas) {
  const time = performance.now() / 1000;
  const result = await socket.analyze(await capture(video, canvas));
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

/** @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
function capture(video, canvas) {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(LONGEST_SIDE / Math.max(videoWidth, videoHeight), 1);
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  contextOf(canvas).drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => {
    if (blob) resolve(blob);
    else reject(new Error("the browser could not encode the camera's image."));
  }, "image/jpeg", QUALITY));
}
