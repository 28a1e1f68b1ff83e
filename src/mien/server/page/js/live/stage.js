/** @import { Result } from "../types.js" */
import { make } from "../dom.js";
import { StatusLine } from "../notices.js";
import { makeOverlay } from "../overlay.js";
import { settings } from "../settings.js";
import { iconHref, makeButton } from "../ui/button.js";
import { makeEmptyState } from "../ui/empty.js";
import { Motion } from "./motion.js";

const PRIVACY = "A box and a label on every face in view, and the last 30 seconds of each person. "
  + "Images stay on this computer; nothing is saved unless you record.";
const LOCAL_PRIVACY = "A box and a label on every face in view, and the last 30 seconds of each person. "
  + "Images stay in this browser; the server gets results alone, and only while you record.";
const SAMPLE = "Sample: a drawn clip";

/** @typedef {{startCamera: () => void, startSample: () => void}} Starts what the stage offers while it is off. */

/** The video with its boxes, full screen and in a small window too; while there is none, how to start. */
export class Stage {
  video = make("video", { autoplay: true, playsinline: true, muted: true, loop: true, "aria-label": "Camera image" });
  #overlay = makeOverlay(this.video);
  #motion = new Motion((result) => this.#overlay.show(result, { mirrored: this.#isMirrored }));
  #badge = make("span", { class: "sample-badge", hidden: true });
  #countdown = make("p", { class: "countdown", role: "timer", hidden: true });
  #problem = new StatusLine();
  #off;
  #isSample = false;

  /** @param {Starts} starts */
  constructor({ startCamera, startSample }) {
    this.video.muted = true; // the attribute alone does not let a script start it
    this.screen = this.#overlay.element;
    this.screen.classList.add("screen");
    this.screen.append(this.#badge, this.#countdown);
    this.#off = makeEmptyState("video", "See expressions live", PRIVACY,
      makeButton("Start camera", { icon: "video", kind: "primary big", onclick: startCamera }),
      makeButton("Try the sample", { icon: "play", kind: "big", onclick: startSample }));
    this.#off.querySelector("p")?.after(this.#problem.element);
    this.element = make("div", { class: "frame" }, this.screen, this.#off);
    this.showOff();
  }

  get #isMirrored() {
    return settings.values.mirror && !this.#isSample;
  }

  /** Offers to start; a problem says why there is no image. @param {{title: string, message: string}} [problem] */
  showOff(problem) {
    const heading = this.#off.querySelector("h2"), hint = this.#off.querySelector("p");
    if (heading) heading.textContent = problem?.title ?? "See expressions live";
    if (hint) {
      hint.hidden = problem !== undefined;
      hint.textContent = settings.values.inBrowser ? LOCAL_PRIVACY : PRIVACY;
    }
    this.#problem.show(problem?.message ?? "", problem ? "alert" : "note");
    this.#off.classList.toggle("problem", problem !== undefined);
    this.#off.querySelector("use")?.setAttribute("href", iconHref(problem ? "camera-off" : "video"));
    this.screen.hidden = true;
    this.#off.hidden = false;
    this.show(null);
  }

  /** Shows the video in place of the offer. @param {boolean} isSample */
  showOn(isSample) {
    this.#isSample = isSample;
    this.#off.hidden = true;
    this.screen.hidden = false;
    this.#badge.hidden = !isSample;
    this.#badge.textContent = SAMPLE;
    this.mirror();
  }

  /** Shows the video as the settings say: as a mirror, or as others see it. */
  mirror() {
    this.video.classList.toggle("mirrored", this.#isMirrored);
  }

  /** Draws the faces of a result; null clears. @param {?Result} result */
  show(result) {
    this.#motion.show(result);
  }

  /** Counts down over the video; an empty text ends it. @param {string} text */
  countDown(text) {
    this.#countdown.hidden = !text;
    if (this.#countdown.textContent !== text) this.#countdown.textContent = text;
  }

  async toggleFullScreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.screen.requestFullscreen();
  }

  release() {
    this.#motion.stop();
    this.#overlay.release();
  }
}
