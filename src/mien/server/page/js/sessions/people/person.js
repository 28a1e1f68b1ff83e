/** @import { Curve, Person } from "../../types.js" */
/** @import { Model } from "../model.js" */
/** @import { Moves } from "./moves.js" */
import { make } from "../../dom.js";
import { formatClock, formatPercent } from "../../format.js";
import { makeSwatch } from "../../labels.js";
import { makeButton } from "../../ui/button.js";
import { makeMenu } from "../../ui/menu.js";
import { makeDraggable } from "./drag.js";
import { makePortrait } from "../portrait.js";
import { makeVisits, NEW } from "./visits.js";

/**
 * @typedef {object} PersonContext
 * @property {Model} model
 * @property {Moves} moves
 * @property {HTMLElement} area the panel.
 * @property {(person: number) => void} focus a person's row.
 * @property {Set<number>} opened the people whose faces are shown.
 */

/**
 * One person of a session: image, name, shares of the visible range, and the faces on demand. Dragged
 * onto another person's row, it is merged into it.
 *
 * @param {PersonContext} context
 * @param {Person} person
 */
export function makePerson(context, person) {
  const { model, moves, area, focus, opened } = context, { number } = person;
  const shares = make("div", { class: "shares" }), visible = make("span", { class: "muted visible" });
  const visits = makeVisits({ model, moves, number, area, onMoved: focus });
  const faces = makeButton("Faces", { icon: "chevron-down", kind: "quiet", label: `Faces of ${model.nameOf(number)}`,
    onclick: () => toggle(!opened.has(number)) });
  /** @param {boolean} isOpen */
  const toggle = (isOpen) => {
    if (isOpen) opened.add(number);
    else opened.delete(number);
    visits.element.hidden = !isOpen;
    faces.setAttribute("aria-expanded", `${isOpen}`);
    if (isOpen) visits.load();
  };
  const show = () => {
    const curve = model.curves.find((candidate) => candidate.person === number);
    visible.textContent = curve?.visible ? `In view for ${formatClock(curve.visible, true)}` : "Out of view in this range";
    shares.replaceChildren(...curve?.visible ? makeShares(model.labels, curve) : []);
  };
  const grip = make("span", { class: "grip", title: "Drag onto another person to merge them" }, makePortrait(person));
  makeDraggable(grip, area, { text: model.nameOf(number),
    accepts: (target) => target !== NEW && target !== `${number}`,
    drop: async (target) => {
      await moves.merge(number, Number(target));
      focus(Number(target));
    } });
  const element = make("li", { "data-drop": `${number}` },
    make("div", { class: "person-head" }, grip, makeName(model, person), visible, faces, makeActions(context, number)),
    shares, visits.element);
  toggle(opened.has(number));
  const refresh = () => { if (opened.has(number)) visits.load(); };
  return { element, show, refresh };
}

/** @param {Model} model @param {Person} person */
function makeName(model, { number, name }) {
  const rename = () => model.change("PATCH", `/people/${number}`, { name: field.value.trim() });
  const field = make("input", { type: "text", class: "person-name", maxlength: "200", dir: "auto", "data-person": number,
    "aria-label": `Name of person ${number}`, placeholder: `Person ${number}`, value: name, onchange: () => { rename(); } });
  return field;
}

/** Merging, its undoing and comparing, for who does not drag. @param {PersonContext} context @param {number} number */
function makeActions({ model, moves, focus }, number) {
  const others = model.roots.filter((person) => person.number !== number).map((person) => person.number);
  const merged = model.people.filter((person) => person.number !== number && model.rootOf(person) === number);
  return makeMenu(`Actions for ${model.nameOf(number)}`, [
    ...others.map((other) => ({ text: `Merge into ${model.nameOf(other)}`, icon: "merge",
      onclick: async () => { await moves.merge(number, other); focus(other); } })),
    ...merged.map((person) => ({ text: `Unmerge ${model.nameOf(person.number)}`, icon: "split",
      onclick: async () => { await moves.unmerge(person.number); focus(person.number); } })),
    ...others.map((other) => ({ text: `Compare with ${model.nameOf(other)}`, icon: "columns-2",
      onclick: () => { location.hash = `/sessions/compare/${model.id}:${number}/${model.id}:${other}`; } })),
    { text: "Compare with another session …", icon: "columns-2",
      onclick: () => { location.hash = `/sessions/compare/${model.id}:${number}`; } },
  ]);
}

/** @param {string[]} labels of the model. @param {Curve} curve */
function makeShares(labels, curve) {
  const shares = sharesOf(curve);
  const bar = make("div", { class: "share-bar", "aria-hidden": "true" }, ...shares.map(({ label, share }) => {
    const segment = makeSwatch(label, labels);
    segment.style.flexGrow = `${share}`;
    return segment;
  }));
  return [bar, make("ul", { class: "share-list" }, ...shares.map(({ label, share }) =>
    make("li", {}, makeSwatch(label, labels), `${label} ${formatPercent(share)}`)))];
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
