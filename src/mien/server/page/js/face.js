/** @import { Face } from "./types.js" */
/** @import { FaceReference } from "./feedback.js" */
import { make } from "./dom.js";
import { makeExplanation } from "./explanation.js";
import { makeFeedback } from "./feedback.js";
import { formatPercent } from "./format.js";
import { colorElement, displayedOf, formatLabel, labelsOf, makeSwatch } from "./labels.js";

/**
 * A face's details: its label, probabilities and attributes, and the buttons that explain and correct
 * it.
 *
 * @param {string} title such as "Person 1".
 * @param {() => ?FaceReference} identify names the face that a correction is for; null where no
 *   face is in view.
 * @param {...HTMLElement} extras lie below the probabilities.
 */
export function makeFaceDetails(title, identify, ...extras) {
  const bars = makeBars(title), attributes = makeAttributes(), feedback = makeFeedback(identify);
  const explanation = makeExplanation(identify);
  /** @param {Face} face */
  const show = (face) => {
    bars.show(face);
    attributes.show(face);
    explanation.show();
    feedback.show(labelsOf(face));
  };
  const elements = [bars.element, ...extras, attributes.element, explanation.element, feedback.element];
  return { elements, show, rename: bars.rename };
}

/**
 * A bar for each label's probability, under the face's label; updated for every frame.
 *
 * @param {string} name the table's, such as "Person 1"; shown before the label.
 */
function makeBars(name) {
  const title = make("span", {}, name), label = make("span", { class: "chip" }), body = make("tbody");
  const caption = make("caption", {}, make("div", { class: "row" }, title, label));
  const element = make("table", { class: "bars" }, caption, body);
  /** @type {Map<string, ReturnType<typeof makeBar>>} */
  let bars = new Map();
  /** @param {Face} face */
  const show = (face) => {
    const labels = labelsOf(face);
    if (`${labels}` !== `${[...bars.keys()]}`) {
      bars = new Map(labels.map((name) => [name, makeBar(name, labels)]));
      body.replaceChildren(...[...bars.values()].map((bar) => bar.element));
    }
    label.replaceChildren(makeSwatch(face.emotion, labels), formatLabel(face));
    for (const [name, share] of Object.entries(displayedOf(face))) bars.get(name)?.show(share);
  };
  return { element, show, rename: (/** @type {string} */ text) => { title.textContent = text; } };
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
    number.textContent = formatPercent(share);
  };
  return { element, show };
}

/** A face's measured attributes, closed until they are asked for; hidden where there are none. */
function makeAttributes() {
  const list = make("dl");
  const element = make("details", { class: "attributes", hidden: true }, make("summary", {}, "Attributes"), list);
  /** @param {Face} face */
  const show = ({ attributes = {} }) => {
    const pairs = Object.entries(attributes);
    element.hidden = !pairs.length;
    list.replaceChildren(...pairs.map(([name, value]) => make("div", {},
      make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, formatAttribute(value)))));
  };
  return { element, show };
}

/** @param {number} value */
const formatAttribute = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
