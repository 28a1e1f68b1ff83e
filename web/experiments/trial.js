/** @import { Face, Result } from "../src/types.js" */
/** @import { CameraStatus, ExperimentCamera } from "./camera.js" */
import { MienError } from "../src/index.js";

/**
 * What a participant's face displayed during one trial: the definitions of `mien summarize`, for one trial. Each
 * frame counts for the time until the next one, so the frame rate changes no number. The participant is the largest
 * face of each frame.
 *
 * @typedef {"ok"|"hidden"|"no-frames"|"no-face"|"unusable"|Exclude<CameraStatus, "on">} TrialStatus
 *   "ok": the camera ran, the page was visible, and at least one frame is usable. "hidden": the page was hidden for a
 *   time. "no-frames": the camera gave none. "unusable": every face was too small, blurred, dark, bright or turned.
 *   The others are the camera's, and say why it does not run at the trial's end.
 *
 * @typedef {Record<string, ?number>} ByLabel null where no frame is usable.
 *
 * @typedef {Object} TrialFrame
 * @property {number} time milliseconds since the trial's onset, when the browser showed the frame.
 * @property {?string} emotion the displayed label of the largest face; null where no face is detected.
 * @property {?number} person
 * @property {boolean} usable
 * @property {?Record<string, number>} probabilities as displayed: smoothed, and corrected by the baseline.
 *
 * @typedef {Object} TrialSummary
 * @property {TrialStatus} status
 * @property {?string} error what the camera's status means, in words.
 * @property {number} duration of the trial, in milliseconds.
 * @property {number} hidden for how long the page was hidden, in milliseconds.
 * @property {number} frames
 * @property {number} faceFrames frames with a face.
 * @property {number} usableFrames frames whose largest face is usable; the numbers below rest on them alone.
 * @property {?number} usableShare of the time in which a face was in view; null without a face.
 * @property {number} people the most faces in one frame.
 * @property {?string} emotion the label displayed for the longest time.
 * @property {ByLabel} mean probability over time.
 * @property {ByLabel} peak the probability that is exceeded in 5 % of the time.
 * @property {ByLabel} max the highest probability of a single frame.
 * @property {ByLabel} share of the time with each displayed label; with "unsure" where that was displayed.
 *
 * @typedef {{summary: TrialSummary, series: TrialFrame[]}} Trial
 */

const PEAK = 0.95;
const GAP = 500; // milliseconds without a face after which the person was out of view
const SETTLING = 1000; // milliseconds for which the frames that are being analyzed are waited for
const DECIMALS = 6;

/** Records one trial at a time from a camera. */
export class TrialRecorder {
  #camera;
  /** @type {?{start: number, results: Result[], hidden: HiddenTime, unsubscribe: () => void}} */
  #running = null;

  /** @param {ExperimentCamera} camera */
  constructor(camera) {
    this.#camera = camera;
  }

  /**
   * Starts a trial; one that is being recorded is dropped.
   *
   * @param {number} [now] the trial's onset by `performance.now()`.
   */
  start(now = performance.now()) {
    this.#drop();
    /** @type {Result[]} */
    const results = [];
    const unsubscribe = this.#camera.subscribe((result) => results.push(result));
    this.#running = { start: now, results, hidden: new HiddenTime(now), unsubscribe };
  }

  /**
   * Summarizes the trial so far.
   *
   * @param {number} [now]
   * @returns {Trial}
   * @throws {MienError} no trial is being recorded.
   */
  peek(now = performance.now()) {
    const { start, results, hidden } = this.#check();
    const { status, error, labels } = this.#camera;
    return summarizeTrial(results, { start, end: now, hidden: hidden.until(now), labels, camera: status, error });
  }

  /**
   * Ends the trial, waits up to a second for frames that are still being analyzed, and summarizes it.
   *
   * @param {number} [now] the trial's end by `performance.now()`.
   * @returns {Promise<Trial>}
   * @throws {MienError} no trial is being recorded.
   */
  async stop(now = performance.now()) {
    const running = this.#check();
    running.hidden.stop(now);
    await this.#camera.settle(now, SETTLING);
    const trial = this.peek(now);
    if (this.#running === running) this.#drop();
    return trial;
  }

  #check() {
    if (this.#running) return this.#running;
    throw new MienError("no trial is being recorded", { remedy: "call start at the trial's onset" });
  }

  #drop() {
    this.#running?.unsubscribe();
    this.#running?.hidden.stop(performance.now());
    this.#running = null;
  }
}

/** Adds up for how long the page is hidden. */
class HiddenTime {
  #total = 0;
  /** @type {?number} */
  #since;
  #listening = new AbortController();

  /** @param {number} now */
  constructor(now) {
    this.#since = document.hidden ? now : null;
    document.addEventListener("visibilitychange", () => this.#change(), { signal: this.#listening.signal });
  }

  /** @param {number} now @returns {number} milliseconds. */
  until(now) {
    return this.#total + (this.#since === null ? 0 : Math.max(0, now - this.#since));
  }

  /** @param {number} now */
  stop(now) {
    this.#listening.abort();
    this.#total = this.until(now);
    this.#since = null;
  }

  #change() {
    this.#total = this.until(performance.now());
    this.#since = document.hidden ? performance.now() : null;
  }
}

/**
 * Summarizes the frames of a trial.
 *
 * @param {readonly Result[]} results of a stream whose times are seconds of `performance.now()`, ascending.
 * @param {Object} trial
 * @param {number} trial.start its onset, in milliseconds of `performance.now()`.
 * @param {number} trial.end
 * @param {readonly string[]} trial.labels of the model; empty where it is not loaded.
 * @param {number} [trial.hidden] for how many milliseconds the page was hidden.
 * @param {CameraStatus} [trial.camera] its status at the end.
 * @param {?string} [trial.error]
 * @returns {Trial}
 */
export function summarizeTrial(results, { start, end, labels, hidden = 0, camera = "on", error = null }) {
  const within = results.filter(({ time }) => time * 1000 >= start && time * 1000 <= end);
  const series = within.map((result) => toFrame(result, start));
  const faces = weigh(series), usable = faces.filter(({ frame }) => frame.usable);
  const counts = { frames: series.length, faceFrames: faces.length, usableFrames: usable.length };
  const summary = {
    status: camera === "on" ? judge(counts, hidden) : camera,
    error,
    duration: round(end - start, 1),
    hidden: round(hidden, 1),
    ...counts,
    usableShare: faces.length ? round(total(usable) / total(faces)) : null,
    people: Math.max(0, ...within.map((result) => result.faces.length)),
    ...summarizeLabels(usable, labels),
  };
  return { summary, series };
}

/** @param {Result} result @param {number} start @returns {TrialFrame} */
function toFrame({ time, faces: [face] }, start) {
  const at = round(time * 1000 - start, 1);
  if (!face) return { time: at, emotion: null, person: null, usable: false, probabilities: null };
  const { emotion, person = null, attributes, smoothed, probabilities } = face;
  return { time: at, emotion, person, usable: attributes?.usable !== 0, probabilities: smoothed ?? probabilities };
}

/**
 * @param {{frames: number, faceFrames: number, usableFrames: number}} counts
 * @param {number} hidden
 * @returns {TrialStatus}
 */
function judge({ frames, faceFrames, usableFrames }, hidden) {
  if (hidden > 0) return "hidden";
  if (!frames) return "no-frames";
  if (!faceFrames) return "no-face";
  return usableFrames ? "ok" : "unusable";
}

/** @typedef {{frame: TrialFrame, weight: number}} Weighted */

/**
 * Says for how long each frame with a face holds: until the next one, or for one usual interval before a gap and at
 * the end, as `mien.study.timeline` does.
 *
 * @param {readonly TrialFrame[]} series
 * @returns {Weighted[]}
 */
function weigh(series) {
  const interval = usualInterval(series.map(({ time }) => time)), limit = Math.max(GAP, 3 * interval);
  const faces = series.filter(({ probabilities }) => probabilities !== null);
  return faces.map((frame, i) => {
    const step = (faces[i + 1]?.time ?? Infinity) - frame.time;
    return { frame, weight: step > limit ? interval || 1 : step }; // a single frame counts once, as a photo does
  });
}

/** The median step. @param {readonly number[]} times */
function usualInterval(times) {
  const steps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
  const middle = steps.length / 2;
  return steps.length ? (steps[Math.floor(middle)] + steps[Math.ceil(middle) - 1]) / 2 : 0;
}

/** @param {readonly Weighted[]} usable @param {readonly string[]} labels */
function summarizeLabels(usable, labels) {
  const weight = total(usable);
  /** @param {(label: string) => number} compute @param {readonly string[]} [names] @returns {ByLabel} */
  const byLabel = (compute, names = labels) =>
    Object.fromEntries(names.map((label) => [label, usable.length ? round(compute(label)) : null]));
  const displayed = new Set([...labels, ...usable.map(({ frame }) => frame.emotion ?? "")]);
  const timeOf = (/** @type {string} */ label) => total(usable.filter(({ frame }) => frame.emotion === label));
  const share = byLabel((label) => timeOf(label) / weight, [...displayed]);
  return {
    emotion: usable.length ? mostOf(share) : null,
    mean: byLabel((label) => usable.reduce((sum, row) => sum + row.weight * valueOf(row, label), 0) / weight),
    peak: byLabel((label) => quantile(usable, label, PEAK)),
    max: byLabel((label) => quantile(usable, label, 1)),
    share,
  };
}

/** @param {ByLabel} share */
function mostOf(share) {
  return Object.entries(share).reduce((best, entry) => (Number(entry[1]) > Number(best[1]) ? entry : best))[0];
}

/**
 * The lowest probability that a share of the time does not exceed: the quantile "inverted_cdf" of Hyndman and Fan
 * 1996, with weights.
 *
 * @param {readonly Weighted[]} rows
 * @param {string} label
 * @param {number} share
 */
function quantile(rows, label, share) {
  const sorted = [...rows].sort((a, b) => valueOf(a, label) - valueOf(b, label));
  // Sums of equal weights in another order differ in their last digits.
  const needed = share * total(sorted) * (1 - 1e-9);
  let reached = 0;
  return valueOf(sorted.find(({ weight }) => (reached += weight) >= needed) ?? sorted[sorted.length - 1], label);
}

/** @param {Weighted} row @param {string} label */
function valueOf({ frame }, label) {
  return frame.probabilities?.[label] ?? 0;
}

/** @param {readonly Weighted[]} rows */
function total(rows) {
  return rows.reduce((sum, { weight }) => sum + weight, 0);
}

/** @param {number} value @param {number} [decimals] */
function round(value, decimals = DECIMALS) {
  return Number(value.toFixed(decimals));
}

/**
 * Makes flat columns of a trial, as tables of experiments have them: `mien_status`, `mien_frames`, `mien_emotion`,
 * `mien_happy` (mean), `mien_peak_happy`, `mien_max_happy`, `mien_share_happy` ...
 *
 * @param {Trial} trial
 * @param {{prefix?: string, series?: boolean}} [options] `prefix`: of every name, "mien" by default; `series`: adds the
 *   frames as `mien_series`; false by default.
 * @returns {Record<string, string|number|null|TrialFrame[]>} null where a value is not known.
 */
export function toColumns({ summary, series: frames }, { prefix = "mien", series = false } = {}) {
  const { mean, peak, max, share } = summary;
  const columns = {
    status: summary.status,
    error: summary.error,
    duration_ms: summary.duration,
    hidden_ms: summary.hidden,
    frames: summary.frames,
    face_frames: summary.faceFrames,
    usable_frames: summary.usableFrames,
    usable_share: summary.usableShare,
    people: summary.people,
    emotion: summary.emotion,
    ...mean,
    ...prefixed("peak", peak),
    ...prefixed("max", max),
    ...prefixed("share", share),
    ...(series ? { series: frames } : {}),
  };
  return prefixed(prefix, columns);
}

/** @template T @param {string} prefix @param {Record<string, T>} values @returns {Record<string, T>} */
function prefixed(prefix, values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}_${name}`, value]));
}
