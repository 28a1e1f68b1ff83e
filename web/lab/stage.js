/** @import { Result } from "../src/types.js" */
import { make } from "../../src/mien/server/page/js/dom.js";
import { Motion } from "../../src/mien/server/page/js/live/motion.js";
import { makeOverlay } from "../../src/mien/server/page/js/overlay.js";
import { iconHref } from "../../src/mien/server/page/js/ui/button.js";
import { makeEmptyState } from "../../src/mien/server/page/js/ui/empty.js";

const TITLE = "See expressions live";
const TEXT = "A box and a label on every face in view, and the last 30 seconds of each person. "
  + "Nothing is recorded until you press Record.";

/** The camera's image with its boxes; while there is none, how to start. */
export class Stage {
  video = make("video", { autoplay: true, playsinline: true, muted: true, class: "mirrored", "aria-label": "Camera image" });
  #overlay = makeOverlay(this.video);
  #motion = new Motion((result) => this.#overlay.show(result, { mirrored: true }));
  #countdown = make("p", { class: "countdown", role: "timer", hidden: true });
  #off;

  /** @param {...HTMLElement} ways what can be started. */
  constructor(...ways) {
    this.video.muted = true; // the attribute alone does not let a script start it
    this.screen = this.#overlay.element;
    this.screen.classList.add("screen");
    this.screen.append(this.#countdown);
    this.#off = makeEmptyState("video", TITLE, TEXT, ...ways);
    this.element = make("div", { class: "frame" }, this.screen, this.#off);
    this.showOff();
  }

  /** Offers to start; a problem says why there is no image. @param {{title: string, message: string}} [problem] */
  showOff(problem) {
    const heading = this.#off.querySelector("h2"), text = this.#off.querySelector("p");
    if (heading) heading.textContent = problem?.title ?? TITLE;
    if (text) text.textContent = problem?.message ?? TEXT;
    text?.setAttribute("role", problem ? "alert" : "note");
    this.#off.classList.toggle("problem", problem !== undefined);
    this.#off.querySelector("use")?.setAttribute("href", iconHref(problem ? "camera-off" : "video"));
    this.screen.hidden = true;
    this.#off.hidden = false;
    this.show(null);
  }

  showOn() {
    this.#off.hidden = true;
    this.screen.hidden = false;
  }

  /** Draws the faces of a result; null clears. @param {?Result} result */
  show(result) {
    this.#motion.show(result);
  }

  /** Counts down over the image; an empty text ends it. @param {string} text */
  countDown(text) {
    this.#countdown.hidden = !text;
    if (this.#countdown.textContent !== text) this.#countdown.textContent = text;
  }
}
