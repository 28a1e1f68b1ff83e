/** @import { ModelChoice } from "../types.js" */
import { make, makeChoice } from "../dom.js";
import { makeModelChoice, makeThreshold } from "../panel/choices.js";
import { settings } from "../settings.js";
import { listCameras } from "./camera.js";

/**
 * @typedef {object} Actions
 * @property {() => void} power starts or stops the camera.
 * @property {() => void} pause pauses or resumes.
 * @property {() => void} record starts or stops recording.
 * @property {() => void} snapshot
 * @property {() => void} mirror
 * @property {(device: string) => void} chooseCamera
 * @property {(chosen: ModelChoice) => void} chooseModel
 * @property {(threshold: number) => void} chooseThreshold
 */

/** Live's buttons and settings. */
export class Controls {
  #camera;
  #mirror;
  #consent = make("input", { type: "text", maxlength: "20000", placeholder: "Who agreed to what (optional)", size: "28" });

  /** @param {Actions} actions */
  constructor(actions) {
    /** @param {() => void} onclick @param {string} text */
    const button = (onclick, text) => make("button", { type: "button", onclick }, text);
    this.power = button(actions.power, "Start camera");
    this.pause = button(actions.pause, "Pause");
    this.record = button(actions.record, "Record");
    this.snapshot = button(actions.snapshot, "Take snapshot");
    this.#camera = makeChoice("Camera", actions.chooseCamera);
    const model = makeModelChoice();
    settings.on(["model", "prior", "detector"], () => actions.chooseModel(settings.choice));
    settings.on(["threshold"], () => actions.chooseThreshold(settings.values.threshold));
    this.#mirror = make("input", { type: "checkbox", checked: true, onchange: actions.mirror });
    this.element = make("div", { class: "card controls" },
      make("div", { class: "row" }, this.power, this.pause, this.record, this.snapshot),
      make("details", { open: matchMedia("(min-width: 40rem)").matches },
        make("summary", {}, "Settings"),
        make("div", { class: "row" }, this.#camera.element, ...model,
          makeThreshold(), make("label", { class: "field" }, this.#mirror, "Mirror"),
          make("label", { class: "field" }, "Consent", this.#consent))));
    this.show({ isOn: false, isPaused: false, isRecording: false });
  }

  get device() {
    return this.#camera.select.value;
  }

  get model() {
    return settings.choice;
  }

  /** Who agreed to what, for the next recording. */
  get consent() {
    return this.#consent.value.trim();
  }

  get isMirrored() {
    return this.#mirror.checked;
  }

  /**
   * Shows what can be done now.
   *
   * @param {{isOn: boolean, isPaused: boolean, isRecording: boolean}} state
   */
  show({ isOn, isPaused, isRecording }) {
    this.power.textContent = isOn ? "Stop camera" : "Start camera";
    this.power.classList.toggle("main", !isOn);
    this.pause.textContent = isPaused ? "Resume" : "Pause";
    this.record.textContent = isRecording ? "Stop recording" : "Record";
    this.record.classList.toggle("danger", isRecording);
    this.pause.disabled = this.snapshot.disabled = !isOn;
    this.record.disabled = !isOn && !isRecording;
    settings.lock(isRecording); // a session has one model
    this.#consent.disabled = isRecording; // it can be edited in Sessions
  }

  /**
   * Lists the connected cameras.
   *
   * @param {string} device the one in use; empty where none is.
   * @returns the ids of all.
   */
  async listCameras(device) {
    const cameras = await listCameras();
    const options = cameras.map(({ deviceId, label }) => ({ value: deviceId, text: label }));
    if (!options.length) options.push({ value: "", text: "Default camera" });
    this.#camera.fill(options, device || undefined);
    return cameras.map(({ deviceId }) => deviceId);
  }
}
