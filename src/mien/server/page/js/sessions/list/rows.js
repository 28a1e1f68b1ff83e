/** @import { Session } from "../../types.js" */
import { make } from "../../dom.js";
import { formatFacts, formatSize, formatStart, formatStatus, KINDS } from "../../facts.js";
import { formatClock, formatCount } from "../../format.js";
import { makeIcon, makeIconButton } from "../../ui/button.js";
import { makeStrip } from "./strip.js";

/**
 * A session as the list gets it.
 *
 * @typedef {Session & Listed} Entry
 * @typedef {object} Listed
 * @property {string[]} names that people were given.
 * @property {(?string)[]} strip the most frequent label of each slice of it.
 * @property {?string} thumbnail the path of an image.
 * @property {number} bytes about what it takes on the disk.
 * @property {string[]} labels of its model.
 */

/** @typedef {ReturnType<typeof makeRow>} Row */

const ICONS = { live: "video", film: "file-video", photo: "images" };
const MOST_NAMES = 3;

/** The names of the columns; screen readers tell them with each cell. */
export function makeHead() {
  const heads = ["Select", "Image", "Name", "Labels", "People", "Length", "Size", "Started", "Status", "Delete"];
  const hidden = new Set(["Select", "Image", "Delete"]);
  return make("div", { role: "row", class: "session-row head" }, ...heads.map((text) =>
    make("span", { role: "columnheader", class: text.toLowerCase() },
      make("span", { class: hidden.has(text) ? "visually-hidden" : "" }, text))));
}

/**
 * One session of the list: a box that selects it, a link, what it is, and the button that deletes it.
 *
 * @param {Entry} entry
 * @param {() => void} onDelete
 */
export function makeRow(entry, onDelete) {
  const box = make("input", { type: "checkbox" });
  const link = make("a", { href: `#/sessions/${entry.id}`, dir: "auto" });
  const remove = makeIconButton("Delete", "trash-2", onDelete);
  const cells = Object.fromEntries(["image", "labels", "people", "length", "size", "started", "status"].map((name) =>
    [name, make("span", { role: "cell", class: name })]));
  const element = make("div", { role: "row", class: "session-row", "data-id": `${entry.id}` },
    make("span", { role: "cell", class: "select" }, box), cells.image,
    make("span", { role: "cell", class: "name" }, link), cells.labels, cells.people, cells.length, cells.size,
    cells.started, cells.status, make("span", { role: "cell", class: "delete" }, remove));
  let shown = "";
  /** @param {Entry} newest */
  const show = (newest) => {
    row.entry = newest;
    const text = JSON.stringify(newest);
    if (text === shown) return; // a replaced image would flicker
    shown = text;
    const { name } = newest;
    link.textContent = name;
    link.title = formatFacts(newest);
    box.setAttribute("aria-label", `Select ${name}`);
    remove.setAttribute("aria-label", `Delete ${name}`);
    const contents = makeContents(newest);
    for (const [part, content] of Object.entries(contents)) cells[part].replaceChildren(content);
  };
  /** @param {boolean} isSelected */
  const mark = (isSelected) => {
    box.checked = isSelected;
    element.classList.toggle("is-selected", isSelected);
  };
  const row = { element, entry, box, link, show, mark, focus: () => link.focus() };
  show(entry);
  return row;
}

/** @param {Entry} entry @returns {Record<string, Node|string>} */
function makeContents(entry) {
  const { kind, strip, labels, seconds, frames, bytes } = entry;
  return {
    image: makeImage(entry),
    labels: strip.length ? makeStrip(strip, labels) : "",
    people: makePeople(entry),
    length: kind === "photo" ? formatCount(frames, "photo") : formatClock(seconds),
    size: formatSize(bytes),
    started: formatStart(entry),
    status: makeStatus(entry),
  };
}

/** An image of somebody in it; an icon of its kind where there is none. @param {Entry} entry */
function makeImage({ kind, thumbnail }) {
  const icon = make("span", { class: "kind", role: "img", "aria-label": KINDS[kind], title: KINDS[kind] }, makeIcon(ICONS[kind]));
  if (!thumbnail) return icon;
  const image = make("img", { src: thumbnail, alt: KINDS[kind], title: KINDS[kind], loading: "lazy", width: 32, height: 32 });
  image.addEventListener("error", () => image.replaceWith(icon));
  return image;
}

/** The names, each in its own direction of writing. @param {Entry} entry */
function makePeople({ kind, names, people }) {
  if (!names.length) return kind === "photo" ? "" : formatCount(people, "person", "people");
  const shown = names.slice(0, MOST_NAMES), others = people - shown.length;
  const parts = shown.flatMap((name, index) => [index ? ", " : "", make("bdi", {}, name)]);
  return make("span", { title: names.join(", ") }, ...parts, others > 0 ? ` +${others}` : "");
}

/** @param {Entry} entry */
function makeStatus(entry) {
  const { status } = entry, text = formatStatus(entry);
  if (status === "recording") return make("span", { class: "in-progress" }, make("i", { class: "recording-dot" }), text);
  if (status === "interrupted") return make("span", { class: "interrupted" }, makeIcon("triangle-alert"), text);
  return text;
}
