/** @import { Face } from "./types.js" */
import { make } from "./dom.js";
import { formatPercent } from "./format.js";
import { colorElement, displayedOf, labelsOf } from "./labels.js";
import { makeButton } from "./ui/button.js";

const TOP = 3; // bars that are shown until all are asked for

/**
 * A bar for each of the most probable labels, or for all in the order of the model; updated for
 * every frame.
 *
 * @param {Node} title the table's caption.
 */
export function makeBars(title) {
  const body = make("tbody"), element = make("table", { class: "bars" }, make("caption", {}, title), body);
  /** @type {Map<string, ReturnType<typeof makeBar>>} */
  let bars = new Map();
  let isOpen = false, order = "";
  /** @type {?Face} */
  let face = null;
  const arrange = () => {
    if (!face) return;
    const shares = displayedOf(face), labels = Object.keys(shares);
    const ranked = labels.toSorted((label, other) => shares[other] - shares[label]);
    const listed = isOpen ? labels : ranked.slice(0, TOP);
    if (order === (order = `${listed}`)) return;
    body.replaceChildren(...listed.map((label) => bars.get(label)?.element ?? ""));
  };
  const button = makeButton("All", { kind: "quiet small", label: "All labels", onclick: () => {
    isOpen = !isOpen;
    button.setAttribute("aria-expanded", `${isOpen}`);
    arrange();
  } });
  button.setAttribute("aria-expanded", "false");
  /** @param {Face} next */
  const show = (next) => {
    const labels = labelsOf(next);
    if (`${labels}` !== `${[...bars.keys()]}`) bars = new Map(labels.map((name) => [name, makeBar(name, labels)]));
    face = next;
    button.hidden = labels.length <= TOP;
    arrange();
    for (const [label, share] of Object.entries(displayedOf(next))) bars.get(label)?.show(share);
  };
  return { element, button, show };
}

/** @param {string} label @param {string[]} labels */
function makeBar(label, labels) {
  const bar = colorElement(make("span"), label, labels);
  const number = make("td", { class: "number" });
  const track = make("td", { class: "bar", "aria-hidden": "true" }, make("div", { class: "track" }, bar));
  const element = make("tr", {}, make("th", { scope: "row" }, label), track, number);
  /** @param {number} share */
  const show = (share) => {
    bar.style.setProperty("--share", `${share}`);
    const text = formatPercent(share);
    if (number.textContent !== text) number.textContent = text;
  };
  return { element, show };
}
