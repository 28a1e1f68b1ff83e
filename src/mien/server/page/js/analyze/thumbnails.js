/** @import { Item } from "./item.js" */
import { make } from "../dom.js";
import { Queue } from "./queue.js";

const WIDTH = 360; // pixels
const AT_ONCE = 2; // each decodes a whole image for a moment
const KEPT = 150; // about 55 MB
const VIDEO_MOMENT = 1; // seconds from the start; the first frame is often black
const PATIENCE = 8000; // milliseconds until a video is taken to be unreadable

/**
 * Small images of files, made when they come into view. A bounded number is kept besides those in
 * view; the whole image is dropped at once.
 */
export class Thumbnails {
  /** @type {Map<Item, ?ImageBitmap>} the last used one is the last; null where the browser cannot show it. */
  #kept = new Map();
  /** @type {Map<Item, (image: ?ImageBitmap) => void>} the files in view. */
  #users = new Map();
  #queue = new Queue(AT_ONCE);

  /**
   * Gives a file's image, now or when it is made; null where the browser cannot show it. The image
   * stays until `release`.
   *
   * @param {Item} item
   * @param {(image: ?ImageBitmap) => void} onReady
   */
  request(item, onReady) {
    this.#users.set(item, onReady);
    const image = this.#kept.get(item);
    if (image === undefined) this.#queue.add(() => this.#make(item));
    else onReady(image);
  }

  /** @param {Item} item has left the view. */
  release(item) {
    this.#users.delete(item);
    const image = this.#kept.get(item);
    if (image === undefined) return;
    this.#kept.delete(item);
    this.#kept.set(item, image);
    this.#evict();
  }

  /** @param {Item} item */
  async #make(item) {
    if (!this.#users.has(item) || this.#kept.has(item)) return; // it left the view, or was asked for twice
    const image = await read(item).catch(() => null);
    this.#kept.set(item, image);
    this.#users.get(item)?.(image);
    this.#evict();
  }

  #evict() {
    const unused = [...this.#kept.keys()].filter((item) => !this.#users.has(item));
    for (const item of unused.slice(0, Math.max(unused.length - KEPT, 0))) {
      this.#kept.get(item)?.close();
      this.#kept.delete(item);
    }
  }
}

/** @param {Item} item @returns {Promise<ImageBitmap>} */
function read({ file, isVideo }) {
  return isVideo ? grabFrame(file) : createImageBitmap(file, { resizeWidth: WIDTH, resizeQuality: "medium" });
}

/** @param {File} file @returns {Promise<ImageBitmap>} */
async function grabFrame(file) {
  const src = URL.createObjectURL(file), video = make("video", { preload: "auto", playsinline: true });
  video.muted = true;
  try {
    video.src = src;
    await eventOf(video, "loadedmetadata");
    video.currentTime = Math.min(VIDEO_MOMENT, video.duration / 2 || 0);
    await eventOf(video, "seeked");
    return await createImageBitmap(video, { resizeWidth: WIDTH, resizeQuality: "medium" });
  } finally {
    video.removeAttribute("src");
    video.load(); // frees the decoder
    URL.revokeObjectURL(src);
  }
}

/** @param {HTMLVideoElement} video @param {string} name @returns {Promise<void>} */
function eventOf(video, name) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE);
    video.addEventListener(name, () => resolve(), { once: true });
    video.addEventListener("error", () => reject(video.error), { once: true });
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}
