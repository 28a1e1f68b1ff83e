/** @import { JsPsych, JsPsychExtension, ParameterType, TrialType } from "jspsych" */
/** @import { Mien } from "../src/index.js" */
/** @import { Texts } from "./consent.js" */
import { StudyError, load } from "../src/index.js";
import { ExperimentCamera } from "./camera.js";
import { TEXTS, ask, askForCamera, paragraph } from "./consent.js";
import { useNeutralFace } from "./neutral.js";
import { TrialRecorder, toColumns } from "./trial.js";

/**
 * jsPsych 8: `MienSetupPlugin` asks for the camera and records a neutral face; `MienExtension` then adds to the data
 * of each trial that names it what the participant's face displayed.
 *
 * @example
 * const jsPsych = initJsPsych({ extensions: [{ type: MienExtension }] });
 * jsPsych.run([
 *   { type: MienSetupPlugin },
 *   { type: jsPsychImageButtonResponse, stimulus: "a.png", choices: ["Next"], extensions: [{ type: MienExtension }] },
 * ]);
 */

const VERSION = "0.1.0";
const NAME = "mien";
// jsPsych's ParameterType, whose values plugins without a bundler cannot import.
const BOOL = /** @type {ParameterType.BOOL} */ (0), STRING = /** @type {ParameterType.STRING} */ (1);
const INT = /** @type {ParameterType.INT} */ (2), FLOAT = /** @type {ParameterType.FLOAT} */ (3);
const OBJECT = /** @type {ParameterType.OBJECT} */ (12);

const DATA = {
  mien_status: { type: STRING },
  mien_error: { type: STRING },
};

/**
 * Adds to a trial's data the columns of `toColumns`; times are milliseconds since the trial was displayed.
 *
 * Parameters of `initJsPsych`: `mien`, what `load` of Mien gives; by default it loads the default model at once.
 * Parameters of a trial: `series`, whether `mien_series` holds every frame; false by default.
 *
 * @implements {JsPsychExtension}
 */
export class MienExtension {
  static info = /** @type {const} */ ({ name: NAME, version: VERSION, data: DATA });

  /** @type {?ExperimentCamera} */
  #camera = null;
  /** @type {?TrialRecorder} */
  #recorder = null;

  /** @param {{mien?: Mien|Promise<Mien>}} [params] */
  initialize = async ({ mien = load() } = {}) => {
    this.#camera = new ExperimentCamera(mien);
    this.#recorder = new TrialRecorder(this.#camera);
  };

  /** The participant's camera: `status`, `current`, `stop()`. */
  get camera() {
    return /** @type {ExperimentCamera} */ (this.#camera);
  }

  on_start = () => {
    this.#recorder?.start(); // a plugin that returns a promise may never say that it was displayed
  };

  on_load = () => {
    this.#recorder?.start();
  };

  /** @param {{series?: boolean}} [params] */
  on_finish = async ({ series = false } = {}) =>
    (this.#recorder ? toColumns(await this.#recorder.stop(), { series }) : {});
}

const INFO = /** @type {const} */ ({
  name: "mien-setup",
  version: VERSION,
  parameters: {
    /** What is recorded, in plain text. */
    consent: { type: STRING, default: TEXTS.consent },
    button_label_start: { type: STRING, default: TEXTS.start },
    button_label_decline: { type: STRING, default: TEXTS.decline },
    button_label_retry: { type: STRING, default: TEXTS.retry },
    /** Goes on without a baseline. */
    button_label_skip: { type: STRING, default: TEXTS.skip },
    /** What is displayed beside the camera's image while the neutral face is recorded. */
    prompt: { type: STRING, default: "Look at the camera with a relaxed, neutral face." },
    /** Milliseconds of the neutral face; 0 records none. */
    baseline_duration: { type: INT, default: 5000 },
  },
  data: {
    ...DATA,
    /** Whether the trials that follow are corrected by the neutral face. */
    mien_baseline: { type: BOOL },
    /** How much of the difference is taken off, 0 to 1. */
    mien_baseline_weight: { type: FLOAT },
    /** The neutral face as `Baseline` has it: mean log probabilities by label. */
    mien_baseline_neutral: { type: OBJECT },
    /** Milliseconds until the trial ended. */
    rt: { type: FLOAT },
  },
});

/**
 * Asks for the camera, shows its image, and records the participant's neutral face. Needs `MienExtension` among the
 * extensions of `initJsPsych`.
 */
export class MienSetupPlugin {
  static info = INFO;

  #jsPsych;

  /** @param {JsPsych} jsPsych */
  constructor(jsPsych) {
    this.#jsPsych = jsPsych;
  }

  /** @param {HTMLElement} display @param {TrialType<typeof INFO>} trial */
  trial(display, trial) {
    this.#run(display, trial);
  }

  /** @param {TrialType<typeof INFO>} trial @param {string} mode @param {unknown} options @param {() => void} load */
  simulate(trial, mode, options, load) {
    load();
    this.#jsPsych.finishTrial({ rt: 0, mien_status: "off", mien_error: null, ...toData(null) });
  }

  /** @param {HTMLElement} display @param {TrialType<typeof INFO>} trial */
  async #run(display, trial) {
    const start = performance.now(), camera = findCamera(this.#jsPsych);
    await askForCamera(display, camera, toTexts(trial));
    const duration = /** @type {number} */ (trial.baseline_duration);
    const baseline = duration > 0 && camera.status === "on" ? await this.#record(display, camera, trial) : null;
    const { status, error } = camera;
    const rt = Math.round(performance.now() - start);
    const mien_status = status === "on" ? "ok" : status;
    this.#jsPsych.finishTrial({ rt, mien_status, mien_error: error, ...toData(baseline) });
  }

  /** @param {HTMLElement} display @param {ExperimentCamera} camera @param {TrialType<typeof INFO>} trial */
  async #record(display, camera, trial) {
    const { prompt, baseline_duration, button_label_retry, button_label_skip } = /** @type {any} */ (trial);
    for (;;) {
      display.replaceChildren(camera.makePreview(), paragraph(prompt));
      try {
        return await useNeutralFace(camera, baseline_duration);
      } catch (error) {
        if (!(error instanceof StudyError)) throw error;
        const advice = toSentence(error.remedy ?? error.message);
        if (!await ask(display, advice, [button_label_retry, button_label_skip])) return null;
      }
    }
  }
}

/** @param {string} clause */
function toSentence(clause) {
  return `${clause[0].toUpperCase()}${clause.slice(1)}.`;
}

/** @param {JsPsych} jsPsych @returns {ExperimentCamera} */
function findCamera(jsPsych) {
  const extension = /** @type {Record<string, MienExtension|undefined>} */ (jsPsych.extensions)[NAME];
  if (extension) return extension.camera;
  throw new StudyError("MienSetupPlugin found no MienExtension", {
    remedy: "call initJsPsych({ extensions: [{ type: MienExtension }] })",
  });
}

/** @param {TrialType<typeof INFO>} trial @returns {Partial<Texts>} */
function toTexts(trial) {
  const { consent, button_label_start: start, button_label_decline: decline, button_label_retry: retry } =
    /** @type {Record<string, string>} */ (/** @type {unknown} */ (trial));
  return { consent, start, decline, retry };
}

/** @param {?import("../src/index.js").Baseline} baseline */
function toData(baseline) {
  return {
    mien_baseline: baseline !== null,
    mien_baseline_weight: baseline?.weight ?? null,
    mien_baseline_neutral: baseline?.neutral ?? null,
  };
}
