/** @import { StreamOptions, TimedFrame } from "./frames.js" */
import { MediaError } from "../errors.js";
import { capture, nameOf } from "./sources.js";

/** Seconds without a new frame after which a playing video has stalled. */
export const STALL = 15;
const HAS_IMAGE = 2; // HTMLMediaElement.HAVE_CURRENT_DATA
const ENDINGS = ["ended", "error", "emptied"];

/**
 * Follows a video element that plays: a camera, or a file.
 *
 * A paused video and a hidden tab give no frames, and the next one comes when they go on. The frames end with
 * the video, with the camera, or with the signal.
 */
export class PlayingVideo {
  #video;
  #fps;
  #signal;
  /** @type {?{number: number, time: number}} a frame on screen that was not taken yet. */
  #shown = null;
  #presented = -1;
  #number = -1;
  #start = NaN;
  #taken = -Infinity;
  #callback = 0;
  #changed = () => {};

  /** @param {HTMLVideoElement} video @param {StreamOptions} options */
  constructor(video, { fps, signal }) {
    this.#video = video;
    this.#fps = fps;
    this.#signal = signal;
  }

  /** @returns {AsyncGenerator<TimedFrame>} */
  async *frames() {
    const stop = new AbortController();
    const wake = () => this.#changed();
    for (const name of [...ENDINGS, "pause", "play"]) this.#video.addEventListener(name, wake, { signal: stop.signal });
    for (const track of this.#tracks()) track.addEventListener("ended", wake, { signal: stop.signal });
    document.addEventListener("visibilitychange", wake, { signal: stop.signal });
    this.#signal?.addEventListener("abort", wake, { signal: stop.signal });
    this.#listen();
    try {
      while (await this.#hasFrame()) {
        const { number, time } = /** @type {{number: number, time: number}} */ (this.#shown);
        this.#shown = null;
        this.#taken = time;
        yield { image: await capture(this.#video), number, time };
      }
    } finally {
      stop.abort();
      this.#video.cancelVideoFrameCallback(this.#callback);
    }
  }

  #listen() {
    this.#callback = this.#video.requestVideoFrameCallback((now, { presentedFrames, mediaTime }) => {
      this.#number += this.#presented < 0 ? 1 : Math.max(1, presentedFrames - this.#presented);
      this.#presented = presentedFrames;
      // A camera that starts slowly tells of a frame before there is an image to read.
      if (!(this.#video.readyState < HAS_IMAGE)) this.#show(this.#video.srcObject ? this.#sinceStart(now / 1000) : mediaTime);
      this.#listen();
    });
  }

  /** @param {number} now */
  #sinceStart(now) {
    if (Number.isNaN(this.#start)) this.#start = now;
    return now - this.#start;
  }

  /** @param {number} time */
  #show(time) {
    const isEarly = this.#fps !== undefined && time >= this.#taken && time - this.#taken < 0.9 / this.#fps;
    if (isEarly) return;
    this.#shown = { number: this.#number, time };
    this.#changed();
  }

  /** Waits for the next frame; false where there is none. */
  async #hasFrame() {
    let last = performance.now();
    while (!this.#shown) {
      if (this.#isOver()) return false;
      if (this.#isWaiting()) last = performance.now();
      else if (performance.now() - last > STALL * 1000) this.#stall();
      await this.#change();
    }
    return !this.#signal?.aborted;
  }

  #isOver() {
    if (this.#signal?.aborted || this.#video.ended) return true;
    if (this.#video.error) {
      const remedy = "use MP4 (H.264) or WebM";
      const reason = `cannot be played: ${this.#video.error.message || `media error ${this.#video.error.code}`}`;
      throw new MediaError(reason, { subject: nameOf(this.#video), remedy });
    }
    const tracks = this.#tracks();
    return this.#video.srcObject !== null && tracks.every((track) => track.readyState === "ended");
  }

  #isWaiting() {
    return this.#video.paused || document.hidden;
  }

  #stall() {
    throw new MediaError(`stalls: no frame for ${STALL} seconds`, {
      subject: nameOf(this.#video), remedy: "check the connection or the camera, and start again",
    });
  }

  /** Resolves when something happens to the video, or after a while. */
  #change() {
    return new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
      const timer = setTimeout(resolve, 1000);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #tracks() {
    const stream = this.#video.srcObject;
    return typeof MediaStream !== "undefined" && stream instanceof MediaStream ? stream.getVideoTracks() : [];
  }
}
