/** @import { Image } from "../types.js" */
import { MediaError } from "../errors.js";

/** The largest image that is analyzed, in pixels: as in Python. */
export const MAX_PIXELS = 120_000_000;
const LARGE = 4_000_000; // pixels of a canvas that is not kept
const FORMATS = "use JPEG, PNG, WebP, AVIF, GIF or BMP";
const OTHER_ORIGIN = {
  reason: "its pixels may not be read, as it comes from another origin",
  remedy: "serve it from this page's origin, or with CORS headers and crossorigin=\"anonymous\"",
};

/**
 * What a worker reads pixels from: an encoded image, a drawn one, or RGBA bytes, not premultiplied. Bitmaps and
 * frames are closed once they are read.
 *
 * @typedef {Blob|ImageBitmap|VideoFrame|RawImage} Portable
 * @typedef {{width: number, height: number, data: Uint8ClampedArray}} RawImage
 */

/** How browsers decode: upright, and without the color management that Pillow does not have either. @type {ImageBitmapOptions} */
export const DECODING = { imageOrientation: "from-image", colorSpaceConversion: "none" };

/** Reads images into upright RGBA bytes, through one canvas. */
export class PixelReader {
  /** @type {?OffscreenCanvasRenderingContext2D} */
  #context = null;

  /**
   * Reads an image; what is transparent becomes white.
   *
   * @param {Portable} source
   * @param {string} name for errors.
   * @returns {Promise<Image>}
   * @throws {MediaError} it is no image, is empty or too large, or may not be read.
   */
  async read(source, name) {
    if (source instanceof Blob) return this.#draw(await decode(source, name), name);
    if ("data" in source) return toImage(source, name);
    return this.#draw(source, name);
  }

  /** @param {ImageBitmap|VideoFrame} drawn @param {string} name */
  #draw(drawn, name) {
    try {
      const [width, height] = sizeOf(drawn);
      checkSize(width, height, name);
      return toImage(this.#readback(drawn, width, height), name);
    } catch (error) {
      throw toMediaError(error, name);
    } finally {
      drawn.close();
    }
  }

  /** @param {ImageBitmap|VideoFrame} drawn @param {number} width @param {number} height */
  #readback(drawn, width, height) {
    const context = this.#context ?? new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!context) throw new RangeError("no canvas");
    const { canvas } = context;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    context.globalCompositeOperation = "copy";
    context.drawImage(drawn, 0, 0, width, height);
    this.#context = width * height > LARGE ? null : context;
    return context.getImageData(0, 0, width, height);
  }
}

/**
 * @param {number} width
 * @param {number} height
 * @param {string} name
 */
export function checkSize(width, height, name) {
  if (!width || !height) {
    throw new MediaError("has no pixels", { subject: name, remedy: "wait until it is loaded, or choose another" });
  }
  if (width * height > MAX_PIXELS) {
    const reason = `has more than ${MAX_PIXELS / 1e6} million pixels`;
    throw new MediaError(reason, { subject: name, remedy: "make it smaller" });
  }
}

/** An error of a browser's media functions as one that says what to do. @param {unknown} error @param {string} name */
export function toMediaError(error, name) {
  if (error instanceof MediaError) return error;
  const kind = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (kind === "SecurityError" || kind === "DataCloneError") {
    return new MediaError(OTHER_ORIGIN.reason, { subject: name, remedy: OTHER_ORIGIN.remedy });
  }
  const reason = "cannot be drawn by this browser";
  return new MediaError(reason, { subject: name, remedy: "use an image of at most 16,384 pixels a side" });
}

/** @param {Blob} blob @param {string} name */
async function decode(blob, name) {
  if (!blob.size) throw new MediaError("the file is empty", { subject: name, remedy: "copy or save it again" });
  try {
    return await createImageBitmap(blob, DECODING);
  } catch {
    throw new MediaError("not an image that this browser can read", { subject: name, remedy: FORMATS });
  }
}

/** @param {ImageBitmap|VideoFrame} drawn @returns {[number, number]} */
function sizeOf(drawn) {
  return "displayWidth" in drawn ? [drawn.displayWidth, drawn.displayHeight] : [drawn.width, drawn.height];
}

/** @param {RawImage} raw @param {string} name @returns {Image} */
function toImage({ width, height, data }, name) {
  checkSize(width, height, name);
  return { width, height, channels: 4, data: isOpaque(data) ? data : onWhite(data) };
}

/** @param {Uint8ClampedArray} data RGBA. */
function isOpaque(data) {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false;
  return true;
}

/** Draws an image on white, in the arithmetic of Pillow's `alpha_composite`. @param {Uint8ClampedArray} data RGBA. */
function onWhite(data) {
  const drawn = new Uint8ClampedArray(data.length);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3];
    for (let channel = at; channel < at + 3; channel++) {
      const sum = (data[channel] * alpha + 255 * (255 - alpha)) * 128 + (0x80 << 7);
      drawn[channel] = ((sum >> 8) + sum) >> 8 >> 7;
    }
    drawn[at + 3] = 255;
  }
  return drawn;
}
