/** @import { Portable } from "./pixels.js" */
import { MediaError } from "../errors.js";
import { readFile, toPortable } from "../files.js";
import { DECODING, checkSize, toMediaError } from "./pixels.js";

/**
 * What `analyze` takes: an element, a canvas, pixels, a frame, a file, or a URL. A video gives its current frame.
 *
 * @typedef {HTMLImageElement|HTMLVideoElement|HTMLCanvasElement|OffscreenCanvas|ImageBitmap|ImageData|VideoFrame
 *   |Blob|string|URL} ImageSource
 */

/**
 * Takes an image out of the page, as something that a worker can read. What the caller passed stays as it is.
 *
 * @param {ImageSource} source
 * @returns {Promise<Portable>}
 * @throws {MediaError} it has no pixels, is not loaded, or may not be read.
 */
export async function capture(source) {
  const name = nameOf(source);
  if (source instanceof Blob) return source;
  if (typeof source === "string" || source instanceof URL) {
    return new Blob([await readFile(toPortable(source), name)]);
  }
  if (source instanceof ImageData) return { width: source.width, height: source.height, data: source.data };
  if (isA(source, "VideoFrame")) return /** @type {VideoFrame} */ (source).clone();
  const [width, height] = await sizeOf(source, name);
  checkSize(width, height, name);
  try {
    return await createImageBitmap(/** @type {ImageBitmapSource} */ (source), DECODING);
  } catch (error) {
    throw toMediaError(error, name);
  }
}

/** What a result calls an image: its file's name, its URL, or what it is. @param {unknown} source */
export function nameOf(source) {
  if (typeof source === "string") return shorten(source);
  if (source instanceof URL) return shorten(source.href);
  if (isA(source, "File")) return /** @type {File} */ (source).name;
  const url = /** @type {{currentSrc?: string}} */ (source)?.currentSrc;
  if (url) return shorten(url);
  return isA(source, "HTMLVideoElement") ? "<video>" : "<image>";
}

/** Bitmaps and frames are handed to a worker, not copied. @param {Portable} image @returns {Transferable[]} */
export function transferOf(image) {
  return "close" in image ? [image] : [];
}

/** @param {string} url */
function shorten(url) {
  return /^(data|blob):/.test(url) ? "<image>" : url;
}

/**
 * @param {unknown} source
 * @param {string} name
 * @returns {Promise<[number, number]>}
 */
async function sizeOf(source, name) {
  if (isA(source, "HTMLImageElement")) {
    const image = /** @type {HTMLImageElement} */ (source);
    await image.decode().catch(() => {
      throw new MediaError("is not an image, or cannot be loaded", { subject: name, remedy: "check its URL" });
    });
    return [image.naturalWidth, image.naturalHeight];
  }
  if (isA(source, "HTMLVideoElement")) {
    const video = /** @type {HTMLVideoElement} */ (source);
    return [video.videoWidth, video.videoHeight];
  }
  if (["HTMLCanvasElement", "OffscreenCanvas", "ImageBitmap"].some((kind) => isA(source, kind))) {
    const { width, height } = /** @type {{width: number, height: number}} */ (source);
    return [width, height];
  }
  throw new MediaError(`${Object.prototype.toString.call(source)} is not an image`, {
    remedy: "give an image, video or canvas element, ImageData, an ImageBitmap, a VideoFrame, a file or a URL",
  });
}

/** Whether a value is of a browser's class, which may be absent here. @param {unknown} value @param {string} kind */
export function isA(value, kind) {
  const Kind = /** @type {any} */ (globalThis)[kind];
  return typeof Kind === "function" && value instanceof Kind;
}
