import { make } from "./dom.js";
import { EMOTIONS, makeSwatch, shownOf } from "./emotions.js";
import { percent } from "./format.js";

/**
 * The seven bars of a face, under its label; filled again for every frame.
 *
 * @param {string} name what the table is called, such as "Person 1"; shown before the label.
 * @returns {{element: HTMLElement, show: (face: object) => void, rename: (name: string) => void}}
 */
export function makeBars(name) {
  const title = make("span", {}, name);
  const label = make("span", { class: "chip" });
  const rows = EMOTIONS.map(makeRow);
  const caption = make("caption", {}, make("div", { class: "row" }, title, label));
  const element = make("table", { class: "bars" }, caption,
    make("tbody", {}, ...rows.map(({ element }) => element)));
  const show = (face) => {
    label.replaceChildren(makeSwatch(face.emotion), sayLabel(face));
    const shown = shownOf(face);
    rows.forEach((row, at) => row.show(shown[EMOTIONS[at]]));
  };
  return { element, show, rename: (text) => { title.textContent = text; } };
}

/** A face's label in words: "happy 92 %", or "unsure" where none is probable enough. */
export function sayLabel(face) {
  return face.emotion === "unsure" ? "unsure" : `${face.emotion} ${percent(face.confidence)}`;
}

function makeRow(emotion) {
  const bar = make("span", { class: emotion });
  const number = make("td", { class: "number" });
  const track = make("td", { class: "bar", "aria-hidden": "true" }, make("div", { class: "track" }, bar));
  const element = make("tr", {}, make("th", { scope: "row" }, emotion), track, number);
  const show = (part) => {
    bar.style.setProperty("--part", part);
    number.textContent = percent(part);
  };
  return { element, show };
}
