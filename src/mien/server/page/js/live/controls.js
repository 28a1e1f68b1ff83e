import { make, makeChoice } from "../dom.js";
import { makeModelChoice } from "../models.js";
import { makeUnsureChoice } from "../unsure.js";
import { listCameras } from "./camera.js";

/**
 * @typedef {object} Actions
 * @property {() => void} power starts the camera, or stops it.
 * @property {() => void} pause pauses, or goes on.
 * @property {() => void} record starts recording, or stops it.
 * @property {() => void} snapshot
 * @property {() => void} mirror
 * @property {(device: string) => void} chooseCamera
 * @property {(name: string) => void} chooseModel
 * @property {(part: number) => void} chooseUnsure
 */

/** What Live is steered with. */
export class Controls {
  #camera;
  #model;
  #mirror;

  /** @param {Actions} actions */
  constructor(actions) {
    const button = (name, text) => make("button", { type: "button", onclick: actions[name] }, text);
    this.power = button("power", "Start the camera");
    this.pause = button("pause", "Pause");
    this.record = button("record", "Record");
    this.snapshot = button("snapshot", "Snapshot");
    this.#camera = makeChoice("Camera", actions.chooseCamera);
    this.#model = makeModelChoice(actions.chooseModel);
    this.#mirror = make("input", { type: "checkbox", checked: true, onchange: actions.mirror });
    this.element = make("div", { class: "card controls" },
      make("div", { class: "row" }, this.power, this.pause, this.record, this.snapshot),
      make("details", { open: matchMedia("(min-width: 40rem)").matches },
        make("summary", {}, "Camera, model and more"),
        make("div", { class: "row" }, this.#camera.element, this.#model.element,
          makeUnsureChoice(actions.chooseUnsure), make("label", { class: "field" }, this.#mirror, "Mirror"))));
    this.ready = this.#model.ready;
    this.show({ on: false, paused: false, recording: false });
  }

  get device() {
    return this.#camera.select.value;
  }

  get model() {
    return this.#model.select.value;
  }

  get mirrored() {
    return this.#mirror.checked;
  }

  /** Shows what can be done now. @param {{on: boolean, paused: boolean, recording: boolean}} state */
  show({ on, paused, recording }) {
    this.power.textContent = on ? "Stop the camera" : "Start the camera";
    this.power.classList.toggle("main", !on);
    this.pause.textContent = paused ? "Go on" : "Pause";
    this.record.textContent = recording ? "Stop recording" : "Record";
    this.record.classList.toggle("danger", recording);
    this.pause.disabled = this.snapshot.disabled = !on;
    this.record.disabled = !on && !recording;
    this.#model.select.disabled = recording; // a session has one model
  }

  /** Lists the cameras that are there. @param {string} device the one in use; empty where none is. */
  async listCameras(device) {
    const cameras = await listCameras();
    const options = cameras.map(({ deviceId, label }) => ({ value: deviceId, text: label }));
    const given = options.length ? options : [{ value: "", text: "the browser's choice" }];
    this.#camera.fill(given, device || undefined);
    return cameras.map(({ deviceId }) => deviceId);
  }
}
