/** @import { PersonFigures } from "../../types.js" */
/** @import { MarkerEdits } from "../markers/edits.js" */
/** @import { Model } from "../model.js" */
import { make } from "../../dom.js";
import { formatClock, formatPercent } from "../../format.js";
import { makeSwatch, UNSURE } from "../../labels.js";
import { debounce } from "../../timing.js";
import { makeButton, makeIconButton } from "../../ui/button.js";

const SETTLED = 150; // milliseconds that the selection stays before its figures are loaded

/**
 * The figures of the selected stretch: each person's time in view, and each label's share, mean and peak.
 *
 * @param {Model} model
 * @param {MarkerEdits} edits
 */
export function makeFigures(model, edits) {
  const { time, signal } = model, place = make("span", { class: "muted tabular" });
  const body = make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Figures of each person" });
  const mark = makeButton("Mark as interval", { icon: "between-horizontal-start", onclick: () => {
    const { selection } = time;
    if (selection) edits.add({ time: selection.from, duration: selection.to - selection.from });
  } });
  const zoom = makeButton("Zoom to it", { icon: "zoom-in", onclick: () => {
    const { selection } = time;
    if (selection) time.show(selection.from, selection.to - selection.from);
  } });
  const close = makeIconButton("Close", "x", () => time.unselect(), "Escape");
  const element = make("section", { class: "card selected", hidden: true, "aria-labelledby": "selected-title" },
    make("div", { class: "toolbar" }, make("h2", { id: "selected-title" }, "Selection"), place, make("span", { class: "gap" }), close),
    body, make("div", { class: "row" }, mark, zoom));
  let turn = 0;
  const request = async () => {
    const { selection } = time, own = ++turn;
    if (!selection) return;
    const figures = await model.getFigures(selection);
    if (own === turn) body.replaceChildren(makeTable(model, figures));
  };
  const requesting = debounce(request, SETTLED, signal);
  const show = () => {
    const { selection } = time;
    element.hidden = !selection;
    requesting.cancel();
    if (!selection) return;
    place.textContent = `${formatClock(selection.from, true)} to ${formatClock(selection.to, true)} · ${(selection.to - selection.from).toFixed(1)} s`;
    requesting.later();
  };
  model.onTime("selection", show);
  for (const kind of ["people", "chosen", "stale"]) model.on(kind, show);
  return element;
}

/** The chosen person first. @param {Model} model @param {PersonFigures[]} figures */
function makeTable(model, figures) {
  const isChosen = (/** @type {PersonFigures} */ { person }) => Number(person === model.person);
  const sorted = [...figures].sort((one, other) => isChosen(other) - isChosen(one));
  const head = make("thead", {}, make("tr", {}, ...["Label", "Share", "Mean", "Peak"].map((text) => make("th", { scope: "col" }, text))));
  return make("table", { class: "figures" }, head, ...sorted.map((person) => makePerson(model, person)));
}

/** @param {Model} model @param {PersonFigures} figures */
function makePerson(model, { person, visible, shares, means, peaks }) {
  const title = make("tr", {}, make("th", { scope: "rowgroup", colspan: "4" }, make("span", { dir: "auto" }, model.nameOf(person)),
    make("span", { class: "muted" }, visible ? ` in view for ${visible.toFixed(1)} s` : " out of view")));
  const labels = [...model.labels, UNSURE].filter((label) => shares[label] || peaks[label]);
  labels.sort((one, other) => (shares[other] ?? 0) - (shares[one] ?? 0));
  const rows = labels.map((label) => make("tr", {}, make("th", { scope: "row" }, make("span", { class: "chip" }, makeSwatch(label, model.labels), label)),
    make("td", {}, formatPercent(shares[label] ?? 0)), make("td", {}, label in means ? formatPercent(means[label]) : "–"),
    make("td", {}, label in peaks ? makePeak(model, person, label, peaks[label]) : "–")));
  return make("tbody", {}, title, ...rows);
}

/** @param {Model} model @param {number} person @param {string} label @param {{time: number, value: number}} peak */
function makePeak(model, person, label, { time, value }) {
  return makeButton(`${formatPercent(value)} at ${formatClock(time, true)}`, { kind: "link", onclick: () => {
    model.choose(person);
    model.time.goTo(time);
  }, label: `Go to the peak of ${label}: ${formatPercent(value)} at ${formatClock(time, true)}` });
}
