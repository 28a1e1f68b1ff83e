/** @import { Marker, Recording } from "./recording.js" */
import { make } from "../../src/mien/server/page/js/dom.js";
import { formatClock } from "../../src/mien/server/page/js/format.js";
import { makeButton, relabel } from "../../src/mien/server/page/js/ui/button.js";

/** Markers and intervals of a recording that runs: their buttons, and a field for the last one's name. */
export class Marking {
  #interval = makeButton("Start interval",
    { icon: "between-horizontal-start", keys: "I", onclick: () => this.toggleInterval() });
  #status = make("span", { class: "muted small", role: "status" });
  #name = make("input", { type: "text", maxlength: 200, placeholder: "Name", "aria-label": "Name of the last marker",
    hidden: true, oninput: () => this.#rename() });
  element = make("div", { class: "toolbar marking", hidden: true },
    makeButton("Add marker", { icon: "flag", keys: "M", onclick: () => this.addMarker() }),
    this.#interval, this.#name, this.#status);
  /** @type {?Recording} */
  #recording = null;
  #now = 0;
  /** @type {?number} when the interval began that is open now. */
  #since = null;
  /** @type {?Marker} */
  #last = null;

  /** @param {Recording} recording */
  start(recording) {
    this.#recording = recording;
    this.#now = 0;
    this.#status.textContent = "";
    this.#name.hidden = true;
    this.element.hidden = false;
  }

  /** Moves on to the time of a result: what is marked is what was displayed. @param {number} time of the recording. */
  advance(time) {
    this.#now = time;
  }

  addMarker() {
    if (this.#recording) this.#add("Marker at", { time: this.#now });
  }

  /** Starts an interval now, or ends it. */
  toggleInterval() {
    if (!this.#recording) return;
    const since = this.#since;
    this.#since = since === null ? this.#now : null;
    if (since !== null) this.#add("Interval from", { time: since, duration: this.#now - since });
    this.#show();
  }

  /** Ends the interval that is open, too. */
  stop() {
    if (this.#since !== null) this.toggleInterval();
    this.#recording = this.#last = null;
    this.element.hidden = true;
  }

  /** @param {string} text @param {{time: number, duration?: number}} marker */
  #add(text, marker) {
    this.#last = this.#recording?.mark(marker) ?? null;
    this.#name.value = "";
    this.#name.hidden = false;
    this.#status.textContent = `${text} ${formatClock(marker.time, true)}`;
  }

  #rename() {
    if (this.#last) this.#last.name = this.#name.value;
  }

  #show() {
    relabel(this.#interval, this.#since === null ? "Start interval" : "End interval");
    this.#interval.setAttribute("aria-pressed", `${this.#since !== null}`);
  }
}
