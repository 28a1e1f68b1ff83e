/** @import { Collection } from "./collection.js" */
import { make } from "../dom.js";
import { formatCount } from "../format.js";
import { colorElement, DEFAULT_LABELS, labelsOf, makeSwatch, UNSURE } from "../labels.js";

/** The groups besides labels, and what they are called. @type {[string, string][]} */
const GROUPS = [["none", "No face"], ["failed", "Errors"], ["cancelled", "Cancelled"], ["video", "Videos"], ["corrected", "Corrected"]];

/**
 * What was found in all files: a bar of the labels of all faces, and a button for each group of
 * files, which shows that group alone.
 *
 * @param {Collection} collection
 */
export function makeSummary(collection) {
  const bar = make("div", { class: "label-bar", "aria-hidden": "true" });
  const chips = make("div", { class: "chips", role: "group", "aria-label": "Show" });
  /** @type {Map<string, ReturnType<typeof makeChip>>} */
  const made = new Map();
  /** @param {string} group */
  const choose = (group) => collection.choose({ group: group === collection.filter.group ? "" : group });
  collection.addEventListener("list", () => {
    const labels = listLabels(collection), { counts: { files, groups }, filter } = collection;
    const wanted = ["", ...labels.map((label) => `label:${label}`), ...GROUPS.map(([group]) => group)]
      .filter((group) => group === "" || groups.has(group) || group === filter.group);
    wanted.forEach((group, index) => {
      const chip = made.get(group) ?? makeChip(group, labels, () => choose(group));
      made.set(group, chip);
      chip.show(group ? groups.get(group) ?? 0 : files, group === filter.group);
      if (chips.children[index] !== chip.element) chips.insertBefore(chip.element, chips.children[index]);
    });
    while (chips.children.length > wanted.length) chips.lastElementChild?.remove();
    bar.replaceChildren(...labels.filter((label) => groups.has(`label:${label}`)).map((label) =>
      makeSegment(label, labels, groups.get(`label:${label}`) ?? 0, () => choose(`label:${label}`))));
  });
  return make("section", { class: "summary", "aria-label": "Summary" }, bar, chips);
}

/** The labels of all models that were used, in their order. @param {Collection} collection */
function listLabels({ items, counts: { groups } }) {
  const known = new Set(items.flatMap(({ result }) => (result?.faces.length ? labelsOf(result.faces[0]) : [])));
  const labels = known.size ? [...known] : DEFAULT_LABELS;
  return groups.has(`label:${UNSURE}`) ? [...labels, UNSURE] : labels;
}

/** @param {string} group @param {string[]} labels @param {() => void} onclick */
function makeChip(group, labels, onclick) {
  const isLabel = group.startsWith("label:"), label = group.slice("label:".length);
  const name = isLabel ? label : GROUPS.find(([known]) => known === group)?.[1] ?? "All";
  const number = make("span", { class: "number" }), unit = make("span", { class: "visually-hidden" });
  const element = make("button", { type: "button", class: "chip-button", onclick },
    isLabel ? makeSwatch(label, labels) : null, make("span", {}, name), " ", number, unit);
  /** @param {number} count @param {boolean} isPressed */
  const show = (count, isPressed) => {
    number.textContent = count.toLocaleString("en");
    unit.textContent = ` ${isLabel ? "face" : "file"}${count === 1 ? "" : "s"}`;
    element.setAttribute("aria-pressed", `${isPressed}`);
  };
  return { element, show };
}

/** @param {string} label @param {string[]} labels @param {number} count @param {() => void} onclick */
function makeSegment(label, labels, count, onclick) {
  const classes = label === UNSURE ? "unsure" : "";
  const segment = colorElement(make("span", { class: classes, title: `${label}: ${formatCount(count, "face")}`, onclick }), label, labels);
  segment.style.flexGrow = `${count}`;
  return segment;
}
