/** @import { Curve, Person } from "../types.js" */
/** @import { Model } from "./model.js" */
import { make, makeChoice } from "../dom.js";
import { formatClock, formatPercent } from "../format.js";
import { makeSwatch } from "../labels.js";

/**
 * The people of a session: their shares of each label in the visible range, names and merges.
 *
 * @param {Model} model
 */
export function makePeople(model) {
  const list = make("ul", { class: "people" });
  const element = make("section", { class: "card", "aria-labelledby": "people-title" },
    make("h2", { id: "people-title" }, "People"),
    make("p", { class: "muted" }, "Shares of the time in view, within the visible range."), list);
  /** @type {ReturnType<typeof makePerson>[]} */
  let rows = [];
  const show = () => rows.forEach((row) => row.show());
  model.on("people", () => {
    element.hidden = !model.people.length;
    const field = list.querySelector(":focus");
    rows = model.roots.map((person) => makePerson(model, person));
    list.replaceChildren(...rows.map((row) => row.element));
    show();
    if (field instanceof HTMLInputElement) focusName(Number(field.dataset.person), field.value);
  });
  model.on("curves", show);
  return element;
}

/** @param {Model} model @param {Person} person */
function makePerson(model, person) {
  const { number } = person, shares = make("div", { class: "shares" });
  const show = () => shares.replaceChildren(
    ...makeShares(model.labels, model.curves.find((curve) => curve.person === number)));
  const element = make("li", {}, make("h3", {}, model.nameOf(number)), shares, makeEditor(model, person));
  return { element, show };
}

/** @param {string[]} labels of the model. @param {Curve} [curve] */
function makeShares(labels, curve) {
  if (!curve?.visible) return [make("p", { class: "muted" }, "Out of view in this range")];
  const shares = sharesOf(curve);
  const bar = make("div", { class: "share-bar", "aria-hidden": "true" }, ...shares.map(({ label, share }) => {
    const segment = makeSwatch(label, labels);
    segment.style.flexGrow = `${share}`;
    return segment;
  }));
  const items = shares.map(({ label, share }) =>
    make("li", { class: "chip" }, makeSwatch(label, labels), `${label} ${formatPercent(share)}`));
  return [bar, make("p", {}, `In view for ${formatClock(curve.visible, true)}`),
    make("ul", { class: "row" }, ...items)];
}

/**
 * Each label's share of the time in view, the largest first; without those that never occur.
 *
 * @param {Curve} curve
 */
function sharesOf({ seconds, visible }) {
  return Object.entries(seconds)
    .filter(([, duration]) => duration > 0)
    .sort(([, first], [, second]) => second - first)
    .map(([label, duration]) => ({ label, share: duration / visible }));
}

/** @param {Model} model @param {Person} person */
function makeEditor(model, person) {
  const { number } = person;
  const rename = () => model.change("PATCH", `/people/${number}`, { name: name.value.trim() });
  const name = make("input", { type: "text", maxlength: "200", "data-person": number,
    placeholder: `Person ${number}`, value: person.name, onchange: () => { rename(); } });
  return make("div", { class: "row" }, make("label", { class: "field" }, "Name", name),
    makeMerge(model, number), ...makeUnmerges(model, number));
}

/** @param {Model} model @param {number} number */
function makeMerge(model, number) {
  const others = model.roots.filter((person) => person.number !== number);
  if (!others.length) return null;
  const { element, select, fill } = makeChoice("Merge into");
  fill(others.map((person) => ({ value: person.number, text: model.nameOf(person.number) })));
  const merge = async () => {
    const into = Number(select.value);
    await model.change("PUT", `/people/${number}/merge`, { into });
    focusName(into);
  };
  return make("span", { class: "field" }, element, make("button", { type: "button", onclick: merge }, "Merge"));
}

/**
 * A button for each person who was merged into this one.
 *
 * @param {Model} model
 * @param {number} number
 */
function makeUnmerges(model, number) {
  const merged = model.people.filter((person) => person.number !== number && model.rootOf(person) === number);
  /** @param {number} id */
  const unmerge = async (id) => {
    await model.change("DELETE", `/people/${id}/merge`);
    focusName(id);
  };
  return merged.map((person) => make("button", { type: "button", onclick: () => unmerge(person.number) },
    `Unmerge ${model.nameOf(person.number)}`));
}

/**
 * Focuses a person's name where the focused element was replaced, with what was typed there.
 *
 * @param {number} id
 * @param {string} [typed]
 */
function focusName(id, typed) {
  const field = document.querySelector(`[data-person="${id}"]`);
  if (!(field instanceof HTMLInputElement)) return;
  field.focus();
  if (typed !== undefined) field.value = typed;
}
