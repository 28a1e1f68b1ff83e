/** @import { Session } from "../../types.js" */
/** @import { Choice } from "./side.js" */
import { ask, retry } from "../../api.js";
import { make, makeChoice } from "../../dom.js";
import { makeSwatch } from "../../labels.js";
import { debounce } from "../../timing.js";
import { makeButton, makeIconButton, makeLinkButton } from "../../ui/button.js";
import { makeEmptyState } from "../../ui/empty.js";
import { Aligned } from "./aligned.js";
import { makeDifference } from "./difference.js";
import { listenForKeys } from "../keys.js";
import { clamp, TimeRange } from "../timeline/range.js";
import { Side } from "./side.js";

const LIMIT = 200; // sessions to choose from
const SETTLED = 150; // milliseconds without another change before figures are loaded
const START = ""; // alignment; any other is a marker's name

/**
 * Two sessions, or two people, on one time axis, and how their labels differ. The address names them:
 * "12" and "15", or "12:2" and "15:1" for people.
 *
 * @param {HTMLElement} root
 * @param {string[]} path the two sides.
 * @param {AbortSignal} signal
 */
export function openCompare(root, path, signal) {
  const comparison = new Comparison(signal);
  const back = makeLinkButton("", "#/sessions", { icon: "arrow-left", kind: "quiet icon-only", label: "All sessions" });
  root.append(make("div", { class: "compare" }, make("header", { class: "toolbar" }, back, make("h1", {}, "Compare")),
    make("div", { class: "side-choices" }, ...comparison.sides.map(({ element }) => element)), comparison.body));
  comparison.open(path);
}

class Comparison {
  #align = START;
  #turn = 0;
  #placed = [0, 0]; // the time of the axis at which each side starts
  #difference = make("div", { class: "differences" });
  #legend = make("ul", { class: "share-list" });

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.signal = signal;
    this.sides = ["A", "B"].map((letter) => new Side(letter, signal));
    this.time = new TimeRange(1);
    this.aligned = new Aligned(this.time, signal);
    this.choice = makeChoice("Align at", (value) => this.#alignAt(value));
    this.body = make("div", { class: "comparison" });
    const limits = make("p", { class: "muted small" }, "Figures of the visible range; differences in percentage points. "
      + "They do not show whether a difference would appear again. For groups, with confidence intervals, use ",
    make("code", {}, "mien summarize"), " (docs/summaries.md).");
    this.content = [
      make("section", { class: "card", "aria-label": "Timelines" }, this.#makeTools(), this.#legend, this.aligned.element),
      make("section", { class: "card", "aria-labelledby": "difference-title" },
        make("h2", { id: "difference-title" }, "Differences"), this.#difference, limits)];
    for (const side of this.sides) side.addEventListener("change", () => this.#show());
    this.time.addEventListener("range", debounce(() => this.#load(), SETTLED, signal).later, { signal });
  }

  /** @param {string[]} path */
  async open(path) {
    const choices = path.map(parse);
    const { sessions } = await retry(() => ask("GET", "/v1/sessions", { query: { limit: LIMIT } }), { signal: this.signal });
    const timed = sessions.filter((/** @type {Session} */ { kind }) => kind !== "photo");
    for (const side of this.sides) side.offer(timed);
    await Promise.all(this.sides.map((side, index) => side.choose(choices[index] ?? { session: null, person: null })));
  }

  #makeTools() {
    const { time } = this;
    /** @type {[string, string, string, () => void][]} */
    const zooms = [["Zoom in", "zoom-in", "+", () => time.zoom(0.5)], ["Zoom out", "zoom-out", "-", () => time.zoom(2)],
      ["Show all", "maximize", "0", () => time.showAll()]];
    listenForKeys(this.signal, { "=": zooms[0][3], ...Object.fromEntries(zooms.map(([, , key, action]) => [key, action])) });
    const buttons = zooms.map(([text, icon, keys, onclick]) => makeIconButton(text, icon, onclick, keys));
    const common = makeButton("Show common part", { icon: "columns-2", onclick: () => this.#showCommon() });
    return make("div", { class: "toolbar" }, this.choice.element, common, make("span", { class: "gap" }), ...buttons);
  }

  /** Shows what both sides have recorded. */
  #showCommon() {
    const from = Math.max(...this.#placed);
    this.time.show(from, Math.min(...this.#ends) - from);
  }

  /** Shows another choice of the sides; the address follows. */
  #show() {
    const [first, second] = this.sides.map(({ model }) => model);
    history.replaceState(null, "", `#/sessions/compare/${this.sides.map(format).join("/").replace(/\/$/, "")}`);
    if (!first || !second) {
      const text = "Choose a session on each side. The rows start together, or at a marker that both have.";
      this.body.replaceChildren(makeEmptyState("columns-2", "Two sessions, or two people of one", text));
      return;
    }
    const names = new Set(first.markers.map(({ name }) => name).filter(Boolean));
    const common = [...names].filter((name) => second.markers.some((marker) => marker.name === name));
    this.choice.fill([{ value: START, text: "Start" }, ...common.map((name) => ({ value: name, text: `Marker “${name}”` }))]);
    const labels = [...new Set([...first.labels, ...second.labels])];
    this.#legend.replaceChildren(...labels.map((label) => make("li", {}, makeSwatch(label, labels), label)));
    if (!this.aligned.element.isConnected) this.body.replaceChildren(...this.content);
    this.#alignAt(common.includes(this.#align) ? this.#align : START);
  }

  /** @param {string} name of a marker of both sides; empty for their starts. */
  #alignAt(name) {
    this.#align = this.choice.select.value = name;
    const offsets = this.sides.map(({ model }) => model?.markers.find((marker) => marker.name === name)?.time ?? 0);
    const zero = Math.max(...offsets);
    this.#placed = offsets.map((offset) => zero - offset);
    this.time.length = Math.max(...this.#ends);
    this.time.showAll();
    this.time.goTo(zero);
    this.aligned.show(this.sides.map((side, index) => ({ side, shift: this.#placed[index] })), zero);
  }

  /** The times of the axis at which the sides end. */
  get #ends() { return this.sides.map(({ model }, index) => this.#placed[index] + (model?.time.length ?? 0)); }

  /** Loads the timelines and the figures of the visible range. */
  async #load() {
    const turn = ++this.#turn;
    const compared = await Promise.all(this.sides.map(async (side, index) => {
      const stretch = this.#stretchOf(index);
      side.model?.time.show(stretch.from, stretch.to - stretch.from);
      const [figures] = await Promise.all([side.getFigures(stretch), side.model?.loadCurves(this.aligned.plot.width)]);
      return { side, figures };
    }));
    if (turn !== this.#turn || this.signal.aborted || this.sides.some(({ model }) => !model)) return;
    this.aligned.draw();
    this.#difference.replaceChildren(makeDifference(compared[0], compared[1]));
  }

  /** The visible range, in a side's own time. @param {number} index */
  #stretchOf(index) {
    const { time, sides } = this, shift = this.#placed[index], length = sides[index].model?.time.length ?? 0;
    return { from: clamp(time.from - shift, 0, length), to: clamp(time.to - shift, 0, length) };
  }
}

/** "12:2" is person 2 of session 12. @param {string} text @returns {Choice} */
function parse(text) {
  const [session, person] = text.split(":").map((part) => Number(part) || 0); // there is no session 0
  return { session, person: person ?? null };
}

/** @param {Side} side */
const format = ({ session, person }) => (session === null ? "" : person === null ? `${session}` : `${session}:${person}`);
