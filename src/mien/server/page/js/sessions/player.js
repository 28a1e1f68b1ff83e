/** @import { Frame } from "../types.js" */
/** @import { Model } from "./model.js" */
import { ask, connection } from "../api.js";
import { make } from "../dom.js";
import { makeOverlay, setShape } from "../overlay.js";

const NUDGE = 1e-3; // seconds past a frame's start, so that rounding does not show the frame before

/**
 * The session's saved video, in sync with the cursor: each moves the other.
 *
 * @param {Model} model
 */
export function makePlayer(model) {
  const video = make("video", { controls: true, playsinline: true, preload: "auto",
    src: `${model.path}/film`, "aria-label": "Video" });
  const overlay = makeOverlay(video), status = make("p", { class: "muted", role: "status" });
  new VideoSync(video, model);
  video.addEventListener("error", () => recover(video, model, () => {
    overlay.element.hidden = true;
    status.textContent = "This browser cannot play the video. Everything else still works.";
  }));
  model.on("detail", () => setShape(overlay.element, sizeOf(model)));
  model.signal.addEventListener("abort", () => {
    overlay.release();
    video.removeAttribute("src");
    video.load(); // only this ends the download
  });
  /** Draws the boxes of a frame. @param {?Frame} frame */
  const show = (frame) => overlay.show(frame && { ...frame, ...sizeOf(model) },
    { nameOf: ({ person }) => model.nameOf(person ?? 0) });
  const toggle = () => {
    if (video.paused) video.play().catch(() => {}); // the error event says why
    else video.pause();
  };
  return { element: make("div", { class: "player" }, overlay.element, status), show, toggle };
}

/** @param {Model} model */
const sizeOf = ({ session: { width, height } }) => ({ width: width ?? 16, height: height ?? 9 });

/**
 * After an error: loads the video again once a server that was away is back, else gives up.
 *
 * @param {HTMLVideoElement} video
 * @param {Model} model
 * @param {() => void} giveUp
 */
async function recover(video, model, giveUp) {
  if (model.signal.aborted) return;
  if (await wasServerAway()) {
    video.load();
    model.time.goTo(model.time.cursor);
  } else giveUp();
}

/** Whether the server did not respond; resolves once it does. */
async function wasServerAway() {
  try {
    await ask("GET", "/healthz");
  } catch {
    await connection.whenBack();
    return true;
  }
  return false;
}

/** Keeps a video and the cursor in sync. The cursor's last position wins over the video's. */
class VideoSync {
  /** @type {?number} seconds that the cursor asked for and the video does not show yet. */
  #wanted = null;
  /** @type {?number} */
  #sought = null;

  /** @param {HTMLVideoElement} video @param {Model} model */
  constructor(video, { time, signal }) {
    this.video = video;
    this.time = time;
    time.addEventListener("cursor", (event) => {
      const isOwn = event instanceof CustomEvent && event.detail === "video";
      if (!isOwn) this.#seek(time.cursor + NUDGE);
    }, { signal });
    video.addEventListener("seeked", () => this.#arrive());
    for (const kind of ["seeking", "timeupdate"]) video.addEventListener(kind, () => this.#follow());
    video.addEventListener("play", () => this.#run());
  }

  /** Seeks once at a time; what is wanted meanwhile comes next. @param {number} wanted */
  #seek(wanted) {
    this.#wanted = wanted;
    if (!this.video.seeking) this.#begin(wanted);
  }

  /** @param {number} wanted */
  #begin(wanted) {
    this.#sought = wanted;
    this.video.currentTime = wanted;
  }

  #arrive() {
    if (this.#wanted !== null && this.#wanted !== this.#sought) this.#begin(this.#wanted);
    else this.#wanted = null;
  }

  #follow() {
    if (this.#wanted === null) this.time.goTo(this.video.currentTime, "video");
  }

  #run() {
    if (this.video.paused || this.video.ended) return;
    this.#follow();
    requestAnimationFrame(() => this.#run());
  }
}
