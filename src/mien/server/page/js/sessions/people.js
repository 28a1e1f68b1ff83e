import { make, makeChoice } from "../dom.js";
import { makeSwatch } from "../emotions.js";
import { clock, percent } from "../format.js";
import { sharesOf } from "./curves.js";

/** Who is in a session: their shares of the time that is shown, their names, who is the same. */
export function makePeople(model) {
  const list = make("ul", { class: "people" });
  const element = make("section", { class: "card", "aria-labelledby": "people-title" },
    make("h2", { id: "people-title" }, "People"),
    make("p", { class: "quiet" },
      "Shares are of the time in view, in the part of the timeline that is shown."), list);
  let rows = [];
  model.on("people", () => {
    element.hidden = !model.people.length;
    const { activeElement } = document, typed = list.contains(activeElement) ? activeElement : null;
    rows = model.roots.map((person) => makePerson(model, person));
    list.replaceChildren(...rows.map((row) => row.element));
    rows.forEach((row) => row.show());
    if (typed?.dataset.person) focusName(typed.dataset.person, typed.value);
  });
  model.on("curves", () => rows.forEach((row) => row.show()));
  return element;
}

function makePerson(model, person) {
  const { number } = person, shares = make("div", { class: "shares" });
  const show = () => shares.replaceChildren(...sayShares(model.curves.find((one) => one.person === number)));
  const element = make("li", {}, make("h3", {}, model.nameOf(number)), shares, makeChanges(model, person));
  return { element, show };
}

function sayShares(curve) {
  if (!curve?.visible) return [make("p", { class: "quiet" }, "Not in view in this part.")];
  const shares = sharesOf(curve);
  const bar = make("div", { class: "share-bar", "aria-hidden": "true" });
  bar.append(...shares.map(({ label, part }) => {
    const piece = make("span", { class: `swatch ${label}` });
    piece.style.flexGrow = part;
    return piece;
  }));
  const words = shares.map(({ label, part }) =>
    make("li", { class: "chip" }, makeSwatch(label), `${label} ${percent(part)}`));
  return [bar, make("p", {}, `In view for ${clock(curve.visible, true)}`),
    make("ul", { class: "row" }, ...words)];
}

function makeChanges(model, person) {
  const name = make("input", { type: "text", maxlength: "200", "data-person": person.number,
    placeholder: `Person ${person.number}`, value: person.name, onchange: () => rename() });
  const rename = () => model.change("PATCH", `/people/${person.number}`, { name: name.value.trim() });
  return make("div", { class: "row" }, make("label", { class: "field" }, "Name", name),
    makeMerge(model, person), ...makeSplits(model, person));
}

function makeMerge(model, { number }) {
  const others = model.roots.filter((one) => one.number !== number);
  if (!others.length) return null;
  const { element, select, fill } = makeChoice("Same as", () => {});
  fill(others.map((one) => ({ value: one.number, text: model.nameOf(one.number) })));
  const merge = async () => {
    const into = Number(select.value);
    await model.change("PUT", `/people/${number}/merge`, { into });
    focusName(into);
  };
  return make("span", { class: "field" }, element, make("button", { type: "button", onclick: merge }, "Merge"));
}

/** A button for each person who was merged into this one, to split them again. */
function makeSplits(model, { number }) {
  const split = (one) => async () => {
    await model.change("DELETE", `/people/${one}/merge`);
    focusName(one);
  };
  return model.people.filter((one) => one.number !== number && model.rootOf(one) === number).map((one) =>
    make("button", { type: "button", onclick: split(one.number) }, `Split ${model.nameOf(one.number)} off`));
}

/** What had the focus is gone: the keyboard goes on at the person's name, with what was typed. */
function focusName(number, typed) {
  const field = document.querySelector(`[data-person="${number}"]`);
  if (!field) return;
  field.focus();
  if (typed !== undefined) field.value = typed;
}
