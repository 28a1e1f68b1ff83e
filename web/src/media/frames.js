/** @import { ImageSource } from "./sources.js" */
/** @import { Portable } from "./pixels.js" */
import { MediaError } from "../errors.js";
import { PlayingVideo } from "./playing.js";
import { prefetch } from "./prefetch.js";
import { framesOfFile } from "./seeking.js";
import { capture, isA, nameOf } from "./sources.js";

/**
 * One frame of a moving source.
 *
 * @typedef {{image: Portable, number: number, time: number}} TimedFrame `number` is from 0, and dropped frames
 *   count; `time` is in seconds.
 *
 * What `stream` takes: a video element that plays, a file or the URL of a video, or images with their times in
 * seconds.
 *
 * @typedef {AsyncIterable<{image: ImageSource, time: number}>} TimedImages
 * @typedef {HTMLVideoElement|Blob|string|URL|TimedImages} StreamSource
 *
 * @typedef {{fps?: number, signal?: AbortSignal}} StreamOptions
 */

/**
 * Yields the frames of a moving source, one at a time: a playing video's frames that nobody asked for in time
 * are dropped.
 *
 * @param {StreamSource} source
 * @param {StreamOptions} [options]
 * @returns {AsyncGenerator<TimedFrame>}
 * @throws {MediaError} it cannot be played or read, or stalls.
 */
export async function* framesOf(source, { fps, signal } = {}) {
  if (fps !== undefined && !(fps > 0)) throw new MediaError(`fps must be above 0, got ${fps}`);
  if (isA(source, "HTMLVideoElement")) {
    yield* new PlayingVideo(/** @type {HTMLVideoElement} */ (source), { fps, signal }).frames();
  } else if (source instanceof Blob || source instanceof URL || typeof source === "string") {
    yield* prefetch(framesOfFile(source, { fps, signal }));
  } else if (Symbol.asyncIterator in Object(source)) {
    yield* framesOfImages(/** @type {TimedImages} */ (source), signal);
  } else {
    throw new MediaError(`${Object.prototype.toString.call(source)} is not a video`, {
      remedy: "give a video element, a file, a URL, or an async iterable of {image, time}",
    });
  }
}

/** @param {TimedImages} images @param {AbortSignal} [signal] @returns {AsyncGenerator<TimedFrame>} */
async function* framesOfImages(images, signal) {
  let number = 0;
  for await (const { image, time } of images) {
    if (signal?.aborted) return;
    if (!Number.isFinite(time)) {
      throw new MediaError(`the time of frame ${number} is ${time}`, { subject: nameOf(image), remedy: "give seconds" });
    }
    yield { image: await capture(image), number: number++, time };
  }
}
