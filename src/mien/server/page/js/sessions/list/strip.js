import { make } from "../../dom.js";
import { colorElement, UNSURE } from "../../labels.js";

/**
 * A session at a glance: the most frequent label of each slice of it, from its start to its end.
 *
 * @param {(?string)[]} strip null where nobody is in view.
 * @param {string[]} labels of the session's model.
 */
export function makeStrip(strip, labels) {
  const cells = runsOf(strip).map(({ label, length }) => {
    const cell = make("i", { class: label === UNSURE ? "swatch unsure" : label ? "swatch" : "" });
    if (label) colorElement(cell, label, labels);
    cell.style.flexGrow = `${length}`;
    return cell;
  });
  return make("span", { class: "label-strip", role: "img", "aria-label": describe(strip) }, ...cells);
}

/** Slices of one label that follow each other, as one. @param {(?string)[]} strip */
function runsOf(strip) {
  /** @type {{label: ?string, length: number}[]} */
  const runs = [];
  for (const label of strip) {
    const last = runs.at(-1);
    if (last?.label === label) last.length += 1;
    else runs.push({ label, length: 1 });
  }
  return runs;
}

/** What a strip shows, in words: "Mostly happy, then neutral". @param {(?string)[]} strip */
function describe(strip) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const label of strip) if (label) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [first, second] = [...counts].sort(([, some], [, others]) => others - some).map(([label]) => label);
  if (!first) return "No face detected";
  return second ? `Mostly ${first}, then ${second}` : `Only ${first}`;
}
