/** @import { Pooled, Side } from "./side.js" */
import { make } from "../../dom.js";
import { formatCount, formatPercent } from "../../format.js";
import { makeSwatch, UNSURE } from "../../labels.js";

const FULL_BAR = 0.5; // the difference that fills a bar

/** @typedef {{side: Side, figures: Pooled}} Compared */

/**
 * The shares and mean probabilities of two sides, and their differences.
 *
 * @param {Compared} first
 * @param {Compared} second
 */
export function makeDifference(first, second) {
  const { letter: a } = first.side, { letter: b } = second.side;
  const labels = labelsOf(first, second);
  const group = (/** @type {string} */ text) => make("th", { scope: "colgroup", colspan: "3" }, text);
  const heads = () => [make("th", { scope: "col" }, a), make("th", { scope: "col" }, b),
    make("th", { scope: "col", class: "change" }, `${b} − ${a}`)];
  const table = make("table", { class: "difference" },
    make("caption", {}, describe(first), make("br"), describe(second)),
    make("thead", {}, make("tr", {}, make("td"), group("Share of the time in view"), group("Mean probability")),
      make("tr", {}, make("th", { scope: "col" }, "Label"), ...heads(), ...heads())),
    make("tbody", {}, ...labels.map((label) => make("tr", {},
      make("th", { scope: "row" }, make("span", { class: "chip" }, makeSwatch(label, labels), label)),
      ...makeCells(first.figures.shares[label], second.figures.shares[label]),
      ...makeCells(first.figures.means[label], second.figures.means[label])))));
  return make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Differences" }, table);
}

/** The labels of both models that either side displays. @param {Compared} first @param {Compared} second */
function labelsOf({ side: { model: one }, figures }, { side: { model: other }, figures: others }) {
  const labels = new Set([...one?.labels ?? [], ...other?.labels ?? []]);
  if (figures.shares[UNSURE] || others.shares[UNSURE]) labels.add(UNSURE);
  return [...labels];
}

/** "A: Monday · Ada, 40.0 s in view, about 400 frames". @param {Compared} compared */
function describe({ side, figures: { visible } }) {
  const frames = Math.round(visible / (side.model?.interval ?? 1));
  const text = visible ? `${visible.toFixed(1)} s in view, about ${formatCount(frames, "frame")}` : "nobody in view here";
  return make("span", { class: "side-title" }, make("span", { class: "badge" }, side.letter),
    make("bdi", {}, side.title), ` · ${text}`);
}

/** @param {number} [first] @param {number} [second] */
function makeCells(first, second) {
  const format = (/** @type {number|undefined} */ value) => (value === undefined ? "–" : formatPercent(value));
  return [make("td", {}, format(first)), make("td", {}, format(second)),
    first === undefined || second === undefined ? make("td", {}, "–") : makeDelta(second - first)];
}

/** A difference in percentage points, with a bar to the left or to the right. @param {number} difference */
function makeDelta(difference) {
  const points = Math.round(difference * 100), sign = points > 0 ? "+" : points < 0 ? "−" : "";
  const bar = make("i", { class: points < 0 ? "delta less" : "delta", "aria-hidden": "true" });
  bar.style.setProperty("--size", `${Math.min(Math.abs(difference) / FULL_BAR, 1)}`);
  return make("td", { class: "change" }, bar, make("span", {}, `${sign}${Math.abs(points)}`),
    make("span", { class: "visually-hidden" }, " percentage points"));
}
