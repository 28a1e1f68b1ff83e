/** @import { Mien, Baseline } from "../src/index.js" */
/** @import { Result } from "../src/types.js" */

/**
 * @typedef {"off"|"starting"|"on"|"declined"|"denied"|"no-camera"|"busy"|"ended"|"failed"} CameraStatus
 *   "off": never started, or stopped by the experiment. "declined": the participant chose to go on without it.
 *   "denied": the participant or the browser refused it. "busy": another program uses it. "ended": it was unplugged or
 *   its permission was taken back. "failed": Mien cannot be loaded, or broke off; `error` says why.
 */

/** @type {Record<string, [CameraStatus, string]>} by the name of the browser's error. */
const REASONS = {
  NotAllowedError: ["denied", "The camera is blocked. Allow it in the browser's address bar, then try again."],
  SecurityError: ["denied", "The camera is blocked by the settings of this browser."],
  NotFoundError: ["no-camera", "No camera found. Connect one, then try again."],
  OverconstrainedError: ["no-camera", "No camera found. Connect one, then try again."],
  NotReadableError: ["busy", "The camera is in use. Close other programs that use it, then try again."],
};
const INSECURE = "The camera needs a page that is opened by https:// or on localhost.";
const ENDED = "The camera was disconnected, or its permission was taken back.";
const SIZE = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" };

/**
 * A participant's camera, analyzed in this browser. It never throws while an experiment runs: `status` says what is
 * wrong, and the experiment goes on.
 */
export class ExperimentCamera {
  /** @type {CameraStatus} */
  status = "off";
  /** @type {?string} what is wrong, a sentence for the participant; null where nothing is. */
  error = null;
  /** @type {?Result} of the last frame; its time is in seconds of `performance.now()`. */
  current = null;
  /** @type {readonly string[]} of the model; empty until it is loaded. */
  labels = [];

  #video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });

  #loading;
  /** @type {?Mien} */
  #mien = null;
  /** @type {Set<(result: Result) => void>} */
  #listeners = new Set();
  /** @type {?MediaStream} */
  #stream = null;
  #stopping = new AbortController();
  /** The time of the frame that is being analyzed; Infinity while there is none. */
  #pending = Infinity;
  #wake = () => {};

  /** @param {Mien|Promise<Mien>} mien what `load` gives; an experiment may start before it is loaded. */
  constructor(mien) {
    this.#loading = Promise.resolve(mien).then((loaded) => this.#use(loaded));
    this.#loading.catch((error) => this.#fail(error));
  }

  /**
   * Starts the camera, and the analysis of its frames. Call it once the participant has agreed.
   *
   * @returns {Promise<CameraStatus>} "on", or why it is not; it never rejects.
   */
  async start() {
    if (this.status === "on" || this.status === "starting") return this.status;
    this.#set("starting");
    try {
      await this.#open();
      const mien = await this.#loading;
      if (this.#is("starting")) this.#follow(mien, this.#stopping.signal);
    } catch (error) {
      this.#fail(error);
    }
    return this.status;
  }

  /** Notes that the participant chose to go on without a camera. */
  decline() {
    this.stop();
    this.#set("declined");
  }

  /** Ends the camera. The model stays loaded, and `start` starts it again. */
  stop() {
    this.#release();
    this.#set("off");
  }

  /**
   * Calls a function with the result of each frame.
   *
   * @param {(result: Result) => void} listener
   * @returns {() => void} stops the calls.
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns {HTMLVideoElement} what the camera shows, as a mirror, for the page. */
  makePreview() {
    // Not the analyzed element itself: one that is removed from a page pauses.
    const preview = document.createElement("video");
    Object.assign(preview, { muted: true, playsInline: true, autoplay: true, srcObject: this.#stream });
    preview.style.transform = "scaleX(-1)";
    preview.style.maxWidth = "100%";
    return preview;
  }

  /**
   * Waits until the frames that were taken by then are analyzed.
   *
   * @param {number} time in milliseconds of `performance.now()`.
   * @param {number} timeout in milliseconds, after which it waits no longer.
   */
  async settle(time, timeout) {
    const end = performance.now() + timeout;
    while (this.status === "on" && this.#pending <= time && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /**
   * Corrects what follows by the participant's neutral face.
   *
   * @param {?Baseline} baseline null for none.
   */
  async useBaseline(baseline) {
    await this.#mien?.useBaseline(baseline);
  }

  /** @param {Mien} mien */
  #use(mien) {
    this.#mien = mien;
    this.labels = mien.labels;
    return mien;
  }

  async #open() {
    if (!navigator.mediaDevices) throw new DOMException(INSECURE, "InsecureError");
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    const stream = await navigator.mediaDevices.getUserMedia({ video: SIZE });
    if (signal.aborted) return stream.getTracks().forEach((track) => track.stop());
    this.#stream = stream;
    for (const track of stream.getVideoTracks()) {
      track.addEventListener("ended", () => this.#end("ended", ENDED), { signal });
    }
    this.#video.srcObject = stream;
    await this.#video.play();
  }

  /** @param {Mien} mien @param {AbortSignal} signal */
  async #follow(mien, signal) {
    this.#set("on");
    this.#pending = Infinity;
    try {
      for await (const result of mien.stream(this.#frames(signal), { signal })) {
        this.current = result;
        for (const listener of this.#listeners) listener(result);
        this.#pending = Infinity;
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /**
   * The newest frame, each time that one is asked for, with the time at which the browser showed it.
   *
   * @param {AbortSignal} signal
   */
  async *#frames(signal) {
    while (!signal.aborted) {
      const now = await this.#nextFrame();
      if (signal.aborted) return;
      this.#pending = now;
      yield { image: this.#video, time: now / 1000 };
    }
  }

  /** @returns {Promise<number>} in milliseconds; NaN where the camera ends first. */
  #nextFrame() {
    return new Promise((resolve) => {
      this.#wake = () => resolve(NaN);
      this.#video.requestVideoFrameCallback(resolve);
    });
  }

  /** @param {unknown} error */
  #fail(error) {
    const { name, message } = /** @type {Error} */ (error);
    const [status, reason] = REASONS[name] ?? ["failed", message];
    this.#end(/** @type {CameraStatus} */ (status), reason);
  }

  /** @param {CameraStatus} status @param {string} reason */
  #end(status, reason) {
    this.#release();
    this.#set(status, reason);
  }

  #release() {
    this.#stopping.abort();
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = this.#video.srcObject = this.current = null;
    this.#wake();
  }

  /** @param {CameraStatus} status @param {?string} [error] */
  #set(status, error = null) {
    this.status = status;
    this.error = error;
  }

  /** @param {CameraStatus} status */
  #is(status) {
    return this.status === status;
  }
}
