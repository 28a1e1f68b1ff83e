/** @import { StreamOptions, TimedFrame } from "./frames.js" */
import { MediaError } from "../errors.js";
import { toPortable } from "../files.js";
import { capture, nameOf } from "./sources.js";

/** Frames a second that are taken of a file, where the caller does not say. */
export const FILE_FPS = 30;
const PATIENCE = 15; // seconds that a browser may take to open a video, or to seek
const SHOWN = 150; // milliseconds to wait for a frame that was sought; a hidden tab tells of none
const COPY = "check the connection, or copy the file to this device";
const CONVERT = "use MP4 (H.264) or WebM, and allow blob: in media-src where the page has a Content-Security-Policy";

/**
 * Yields the frames of a video file, in order, none dropped, as fast as they are asked for.
 *
 * @param {Blob|string|URL} source
 * @param {StreamOptions} options
 * @returns {AsyncGenerator<TimedFrame>}
 * @throws {MediaError} the browser cannot play it, or stalls.
 */
export async function* framesOfFile(source, { fps = FILE_FPS, signal }) {
  const name = nameOf(source);
  const url = source instanceof Blob ? URL.createObjectURL(source) : /** @type {string} */ (toPortable(source));
  const video = Object.assign(document.createElement("video"), { muted: true, preload: "auto", crossOrigin: "anonymous" });
  try {
    video.src = url;
    await happens(video, "loadeddata", name);
    const duration = await findDuration(video, name);
    // The sound of a file often ends up to a frame later than its images.
    const count = Math.max(1, Math.floor(duration * fps + 0.25));
    for (let number = 0; number < count && !signal?.aborted; number++) {
      // The middle of a frame's time: its start may show the frame before.
      await seek(video, Math.min((number + 0.5) / fps, duration), name);
      yield { image: await capture(video), number, time: number / fps };
    }
  } finally {
    video.removeAttribute("src");
    video.load();
    if (source instanceof Blob) URL.revokeObjectURL(url);
  }
}

/** A recording of MediaRecorder tells its duration only once its end was sought. @param {HTMLVideoElement} video @param {string} name */
async function findDuration(video, name) {
  if (video.duration === Infinity) await seek(video, Number.MAX_SAFE_INTEGER, name);
  if (!Number.isFinite(video.duration)) {
    throw new MediaError("has no end", { subject: name, remedy: "play it in a video element, and stream that" });
  }
  if (!video.videoWidth) throw new MediaError("has no image", { subject: name, remedy: "choose a video" });
  return video.duration;
}

/**
 * Moves to a time, and waits for its frame: on a busy machine, a video that has sought may still show another.
 *
 * @param {HTMLVideoElement} video
 * @param {number} time in seconds.
 * @param {string} name for errors.
 */
async function seek(video, time, name) {
  const sought = happens(video, "seeked", name), shown = nextFrame(video);
  video.currentTime = time;
  await sought;
  await shown;
}

/** Resolves once a video shows another frame, or after a while. @param {HTMLVideoElement} video */
function nextFrame(video) {
  return new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    const callback = video.requestVideoFrameCallback(() => {
      clearTimeout(timer);
      resolve();
    });
    const timer = setTimeout(() => {
      video.cancelVideoFrameCallback(callback);
      resolve();
    }, SHOWN);
  });
}

/**
 * Waits for an event of a video.
 *
 * @param {HTMLVideoElement} video
 * @param {string} event
 * @param {string} name for errors.
 */
async function happens(video, event, name) {
  const stop = new AbortController();
  const { signal } = stop;
  let timer = 0;
  try {
    await new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ reason, /** @type {string} */ remedy) =>
        reject(new MediaError(reason, { subject: name, remedy }));
      timer = window.setTimeout(() => fail(`stalls: it took over ${PATIENCE} seconds to read`, COPY), PATIENCE * 1000);
      video.addEventListener(event, resolve, { signal });
      video.addEventListener("error", () => fail("cannot be played by this browser", CONVERT), { signal });
    });
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}
