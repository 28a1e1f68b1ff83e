/** @import { Mien } from "../src/index.js" */
/** @import { Face } from "../src/types.js" */
/** @import { CameraStatus } from "./camera.js" */
/** @import { Texts } from "./consent.js" */
import { load } from "../src/index.js";
import { ExperimentCamera } from "./camera.js";
import { askForCamera } from "./consent.js";
import { useNeutralFace } from "./neutral.js";
import { TrialRecorder, toColumns } from "./trial.js";

/**
 * The part of PsychoJS that is used.
 *
 * @typedef {{experiment: {addData(key: string, value: unknown): void}}} PsychoJS
 */

/**
 * What a code component of PsychoPy Builder calls, for an experiment that runs online: routines are recorded, and the
 * columns of `toColumns` are added to the experiment's data.
 *
 * @example
 * // Begin Experiment
 * const { MienComponent } = await import("./mien/psychojs.js");
 * mien = new MienComponent({ psychoJS });
 * await mien.askForCamera();
 * // Begin Routine
 * mien.begin();
 * // End Routine
 * await mien.end();
 */
export class MienComponent {
  #psychoJS;
  #camera;
  #recorder;

  /**
   * Loads Mien in the background; the camera stays off until `askForCamera`.
   *
   * @param {{psychoJS: PsychoJS, mien?: Mien|Promise<Mien>}} options `mien`: what `load` gives; by default the default
   *   model, from the files beside this one.
   */
  constructor({ psychoJS, mien = load() }) {
    this.#psychoJS = psychoJS;
    this.#camera = new ExperimentCamera(mien);
    this.#recorder = new TrialRecorder(this.#camera);
  }

  /**
   * Covers the page, says what is recorded, and starts the camera when the participant agrees.
   *
   * @param {Partial<Texts>} [texts]
   * @returns {Promise<CameraStatus>} "on", or why the experiment goes on without it.
   */
  async askForCamera(texts) {
    const cover = document.createElement("div");
    Object.assign(cover.style, {
      position: "fixed", inset: "0", zIndex: "1000", padding: "20vh 20vw", background: "#fff", color: "#111",
      font: "18px/1.5 sans-serif",
    });
    document.body.append(cover);
    try {
      return await askForCamera(cover, this.#camera, texts);
    } finally {
      cover.remove();
    }
  }

  /**
   * Records the neutral face that the participant was asked to show, and corrects the routines that follow by it.
   * Adds `mien_baseline`, whether that worked, and `mien_baseline_error`.
   *
   * @param {number} [seconds] 5 by default.
   */
  async useNeutralFace(seconds = 5) {
    const failure = await useNeutralFace(this.#camera, seconds * 1000).then(() => null, (error) => error.message);
    this.#psychoJS.experiment.addData("mien_baseline", failure === null);
    this.#psychoJS.experiment.addData("mien_baseline_error", failure);
  }

  /** Begins to record; call it in Begin Routine. */
  begin() {
    this.#recorder.start();
  }

  /** @returns {?Face} the participant's face as of the last frame, for Each Frame; null where none is in view. */
  get face() {
    return this.#camera.current?.faces[0] ?? null;
  }

  /**
   * Adds the columns of the routine to the current entry of the data; call it in End Routine, with `await`.
   *
   * @param {{prefix?: string, series?: boolean}} [options] of `toColumns`; two routines of one trial need two prefixes.
   */
  async end(options) {
    const columns = toColumns(await this.#recorder.stop(), options);
    for (const [name, value] of Object.entries(columns)) this.#psychoJS.experiment.addData(name, value);
  }

  /** Ends the camera; call it in End Experiment. */
  close() {
    this.#camera.stop();
  }
}
