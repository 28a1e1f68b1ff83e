import { make } from "../dom.js";
import { notify } from "../notices.js";
import { makePortraitsChoice } from "../panel/choices.js";
import { settings } from "../settings.js";
import { makeButton, makeIcon, makeIconButton, relabel } from "../ui/button.js";
import { makeMenu } from "../ui/menu.js";
import { hasPictureInPicture } from "./pip.js";

const OVERLAY = "/page/overlay.html";
const NO_OVERLAY = "The overlay for OBS shows what the server analyzes. To use it, turn off “Run Live in this browser” in Settings.";
const PLACE_HELP = "The camera's images stay in this browser. Change it in Settings.";

/**
 * @typedef {object} Actions
 * @property {() => void} stop turns the camera off.
 * @property {() => void} pause pauses or resumes.
 * @property {() => void} record starts or stops recording.
 * @property {() => void} snapshot
 * @property {() => void} fullScreen
 * @property {() => void} pictureInPicture
 *
 * @typedef {{isOn: boolean, isSample: boolean, isPaused: boolean, isRecording: boolean}} State
 */

/** Live's buttons, and what is asked where a recording starts. */
export class Toolbar {
  #consent = make("input", { type: "text", maxlength: "20000", placeholder: "Who agreed to what (optional)" });
  /** Asked before a recording; a session's consent can be edited in Sessions. */
  options = make("fieldset", { class: "record-options toolbar", hidden: true },
    make("label", { class: "field consent" }, "Consent", this.#consent),
    makePortraitsChoice("Keep a small image of each person"));
  #place = make("span", { class: "place muted small", title: PLACE_HELP }, makeIcon("shield-check"), "In this browser");
  #more = makeButton("Recording options",
    { icon: "chevron-down", kind: "quiet", iconOnly: true, onclick: () => this.#toggleOptions() });

  /**
   * @param {Actions} actions
   * @param {HTMLElement} recordingState
   * @param {...HTMLElement} facts stand between the buttons.
   */
  constructor(actions, recordingState, ...facts) {
    this.stop = makeButton("Stop camera", { icon: "camera-off", kind: "quiet", onclick: actions.stop });
    this.pause = makeButton("Pause", { icon: "pause", kind: "quiet", keys: "Space", onclick: actions.pause });
    this.record = makeButton("Record", { icon: "circle-dot", keys: "R", onclick: actions.record });
    this.record.dataset.hint = "record";
    this.#more.setAttribute("aria-expanded", "false");
    this.snapshot = makeIconButton("Take snapshot", "camera", actions.snapshot, "S");
    this.pictureInPicture = makeIconButton("Picture in picture", "picture-in-picture-2", actions.pictureInPicture, "P");
    this.fullScreen = makeIconButton("Full screen", "maximize", actions.fullScreen, "F");
    this.pictureInPicture.hidden = !hasPictureInPicture();
    this.element = make("div", { class: "toolbar controls" },
      this.record, this.#more, recordingState, this.pause, this.stop,
      make("div", { class: "gap facts" }, this.#place, ...facts), this.snapshot, this.pictureInPicture, this.fullScreen,
      makeMenu("More", [
        { text: "Cards for OBS", icon: "external-link", onclick: () => openOverlay(OVERLAY) },
        { text: "Boxes for OBS", icon: "external-link", onclick: () => openOverlay(`${OVERLAY}?show=boxes`) },
      ]));
  }

  /** Who agreed to what, for the next recording. */
  get consent() {
    return this.#consent.value.trim();
  }

  /** Shows what can be done now. @param {State} state */
  show({ isOn, isSample, isPaused, isRecording }) {
    this.element.hidden = !isOn && !isRecording; // a recording can be ended though the camera is lost
    relabel(this.stop, isSample ? "Stop sample" : "Stop camera");
    relabel(this.pause, isPaused ? "Resume" : "Pause", isPaused ? "play" : "pause");
    relabel(this.record, isRecording ? "Stop recording" : "Record", isRecording ? "square" : "circle-dot");
    for (const button of [this.stop, this.pause, this.snapshot, this.fullScreen, this.pictureInPicture]) {
      button.disabled = !isOn;
    }
    this.#place.hidden = !settings.values.inBrowser;
    this.#more.hidden = isRecording;
    if (isRecording || this.element.hidden) this.#toggleOptions(true);
  }

  #toggleOptions(isHidden = !this.options.hidden) {
    this.options.hidden = isHidden;
    this.#more.setAttribute("aria-expanded", `${!isHidden}`);
    if (!isHidden) this.#consent.focus();
  }
}

/** @param {string} address */
function openOverlay(address) {
  if (settings.values.inBrowser) notify(NO_OVERLAY, "alert");
  else open(address);
}
