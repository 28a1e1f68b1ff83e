import { ask } from "../api.js";
import { connection } from "../connection.js";
import { make } from "../dom.js";
import { drawFaces } from "../overlay.js";

const NUDGE = 1e-3; // seconds past a frame's start: rounding must not show the frame before

/**
 * The film that was kept, in step with the cursor: each moves the other.
 *
 * @param {import("./model.js").Model} model
 * @returns {{element: HTMLElement, show: (frame: object|null) => void, toggle: () => void}} `show`
 *   draws the boxes of a frame, `toggle` plays or pauses.
 */
export function makeFilm(model) {
  const video = make("video", { controls: true, playsinline: true, preload: "auto",
    src: `${model.path}/film`, "aria-label": "The film" });
  const boxes = makeBoxes(model);
  const picture = make("div", { class: "picture" }, video, boxes.element);
  const told = make("p", { class: "quiet", role: "status" });
  new Steps(video, model);
  video.addEventListener("error", () => recover(video, model, () => {
    picture.hidden = true;
    told.textContent = "This browser cannot play the film. Everything else here works without it.";
  }));
  model.on("detail", () => {
    const { width, height } = model.session;
    if (width) picture.style.setProperty("--ratio", width / height);
  });
  model.signal.addEventListener("abort", () => {
    video.removeAttribute("src");
    video.load(); // only this ends what is being sent
  });
  const toggle = () => {
    if (video.paused) video.play().catch(() => {}); // the error event tells what is wrong
    else video.pause();
  };
  return { element: make("div", { class: "film" }, picture, told), show: boxes.show, toggle };
}

/** The boxes over the film, drawn anew where it gets another size. */
function makeBoxes(model) {
  const element = make("canvas", { "aria-hidden": "true" });
  const numberOf = ({ person }) => model.nameOf(person);
  let shown = null;
  const show = (frame) => {
    const { width, height } = model.session;
    shown = frame;
    drawFaces(element, frame && { ...frame, width, height }, { numberOf });
  };
  const sizes = new ResizeObserver(() => show(shown));
  sizes.observe(element);
  model.signal.addEventListener("abort", () => sizes.disconnect());
  return { element, show };
}

/** After an error: begins anew once a server that was gone is back, else gives up. */
async function recover(video, model, giveUp) {
  if (model.signal.aborted) return;
  if (await wasGone()) {
    video.load();
    model.time.goTo(model.time.cursor);
  } else giveUp();
}

/** Whether it was the server that did not answer; resolves once it does again. */
async function wasGone() {
  try {
    await ask("GET", "/healthz");
  } catch {
    await connection.whenBack();
    return true;
  }
  return false;
}

/** Keeps a video and the cursor in step. The cursor's last wish wins over where the video is. */
class Steps {
  #wanted = null; // seconds the cursor asked for and the video has not shown yet
  #sought = null;

  constructor(video, { time, signal }) {
    Object.assign(this, { video, time });
    time.addEventListener("cursor", ({ detail }) => {
      if (detail !== "film") this.#seek(time.cursor + NUDGE);
    }, { signal });
    video.addEventListener("seeked", () => this.#arrive());
    for (const kind of ["seeking", "timeupdate"]) video.addEventListener(kind, () => this.#follow());
    video.addEventListener("play", () => this.#run());
  }

  /** One search at a time: what is asked for meanwhile is searched for next. */
  #seek(wanted) {
    this.#wanted = wanted;
    if (!this.video.seeking) this.#begin();
  }

  #begin() {
    this.#sought = this.#wanted;
    this.video.currentTime = this.#wanted;
  }

  #arrive() {
    if (this.#wanted !== null && this.#wanted !== this.#sought) this.#begin();
    else this.#wanted = null;
  }

  #follow() {
    if (this.#wanted === null) this.time.goTo(this.video.currentTime, "film");
  }

  #run() {
    if (this.video.paused || this.video.ended) return;
    this.#follow();
    requestAnimationFrame(() => this.#run());
  }
}
