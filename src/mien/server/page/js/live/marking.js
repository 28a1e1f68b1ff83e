/** @import { Recorder } from "./recorder.js" */
import { make } from "../dom.js";
import { formatClock, formatError } from "../format.js";
import { makeButton, relabel } from "../ui/button.js";
import { Baseline } from "./baseline.js";

const NEUTRAL_SECONDS = 10; // that a baseline takes

/**
 * Markers, intervals and the baseline of a recording: their buttons, there while it records. All times
 * are those of the last result, in seconds of the page's clock: what is marked is what was displayed.
 */
export class Marking {
  /** Corrects what is displayed. */
  baseline = new Baseline();
  #interval = makeButton("Start interval",
    { icon: "between-horizontal-start", keys: "I", onclick: () => this.toggleInterval() });
  #neutral = makeButton("Be neutral", { icon: "user", onclick: () => this.#toggleBaseline() });
  #status = make("span", { class: "muted small", role: "status" });
  element = make("div", { class: "toolbar marking", hidden: true },
    makeButton("Add marker", { icon: "flag", keys: "M", onclick: () => this.addMarker() }),
    this.#interval, this.#neutral, this.#status);
  #countDown;
  /** @type {?Recorder} */
  #recorder = null;
  #now = 0;
  /** @type {?number} when the interval began that is open now. */
  #since = null;
  /** @type {?number} when the neutral seconds began that run now. */
  #neutralSince = null;

  /** @param {(text: string) => void} countDown shows the neutral seconds that are left; empty at the end. */
  constructor(countDown) {
    this.#countDown = countDown;
    this.#show();
  }

  /** @param {Recorder} recorder */
  start(recorder) {
    this.#recorder = recorder;
    this.#now = performance.now() / 1000; // until the first result
    this.#status.textContent = "";
    this.element.hidden = false;
  }

  /** Moves on to the time of a result. @param {number} time */
  advance(time) {
    this.#now = time;
    if (this.#neutralSince === null) return;
    const left = Math.ceil(NEUTRAL_SECONDS - (time - this.#neutralSince));
    if (left > 0) this.#countDown(`Be neutral: ${left}`);
    else this.#takeBaseline(this.#neutralSince);
  }

  addMarker() {
    return this.#mark("Marker at", this.#now);
  }

  /** Starts an interval now, or ends it. */
  async toggleInterval() {
    const since = this.#since;
    this.#since = since === null && this.#recorder ? this.#now : null;
    this.#show();
    if (since !== null) await this.#mark("Interval from", since);
  }

  /** Ends the interval that is open, so that it is saved with the recording. */
  async endInterval() {
    if (this.#since !== null) await this.toggleInterval();
  }

  stop() {
    this.#recorder = this.#since = this.#neutralSince = null;
    this.baseline.clear(); // the next session has other people
    this.#countDown("");
    this.element.hidden = true;
    this.#show();
  }

  /** Starts seconds in which everybody is neutral, or ends them; or removes the baseline that there is. */
  #toggleBaseline() {
    if (this.baseline.isOn) this.baseline.clear();
    else if (this.#neutralSince !== null) this.#neutralSince = null;
    else {
      this.#neutralSince = this.#now;
      this.baseline.watch();
    }
    this.#countDown(this.#neutralSince === null ? "" : `Be neutral: ${NEUTRAL_SECONDS}`);
    this.#show();
  }

  /** @param {number} since */
  async #takeBaseline(since) {
    this.#neutralSince = null;
    this.#countDown("");
    const recorder = this.#recorder;
    if (!recorder || !(await this.#mark("Baseline from", since, "baseline"))) return this.#show();
    try {
      await recorder.save();
      const problem = await this.baseline.load(recorder.session.id);
      this.#status.textContent = problem || "Baseline on: displayed after correction, recorded as detected";
    } catch (error) {
      this.#status.textContent = formatError(error);
    }
    if (recorder !== this.#recorder) this.baseline.clear(); // the recording ended meanwhile
    this.#show();
  }

  /**
   * Adds a marker; an interval until now where it began earlier. Returns whether it is saved.
   *
   * @param {string} text such as "Marker at".
   * @param {number} since
   * @param {string} [name]
   */
  async #mark(text, since, name) {
    if (!this.#recorder) return false;
    const time = this.#recorder.secondsAt(since);
    const duration = this.#recorder.secondsAt(this.#now) - time;
    try {
      await this.#recorder.mark({ time, duration, name });
      this.#status.textContent = `${text} ${formatClock(time, true)}`;
      return true;
    } catch (error) {
      this.#status.textContent = formatError(error);
      return false;
    }
  }

  #show() {
    relabel(this.#interval, this.#since === null ? "Start interval" : "End interval");
    this.#interval.setAttribute("aria-pressed", `${this.#since !== null}`);
    const start = `Be neutral for ${NEUTRAL_SECONDS} seconds`;
    relabel(this.#neutral, this.baseline.isOn ? "Remove baseline" : this.#neutralSince === null ? start : "Cancel");
  }
}
