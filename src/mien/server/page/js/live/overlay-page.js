/** @import { Face, Result } from "../types.js" */
import { connection, wait } from "../api.js";
import { makeBars } from "../bars.js";
import { prepareCanvas } from "../canvas.js";
import { make } from "../dom.js";
import { formatLabel, labelsOf, makeSwatch } from "../labels.js";
import { paintInto } from "../overlay.js";

/**
 * The overlay: what Live shows in another window, on a transparent ground, as a browser source of OBS
 * takes it. `?show=boxes` draws boxes in place of cards; with `&mirror` as a mirror shows them.
 */
const RETRY_DELAY = 2; // seconds
const STALE = 2000; // milliseconds without a result after which nothing is shown
const MOST = 5; // cards

const root = /** @type {HTMLElement} */ (document.getElementById("overlay"));
const query = new URLSearchParams(location.search);
const waiting = make("p", { class: "waiting", role: "status" }, "Start the camera in Mien Studio's Live view.");
const show = query.get("show") === "boxes" ? makeBoxes(query.has("mirror")) : makeCards();
root.append(waiting);
let timer = 0;
follow();

/** Shows each result that comes, however often the server goes away. */
async function follow() {
  for (;;) {
    await connection.whenBack();
    await new Promise((resolve) => {
      const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/live/watch`);
      socket.onmessage = ({ data }) => receive(JSON.parse(data));
      socket.onclose = resolve;
    });
    await wait(RETRY_DELAY);
  }
}

/** @param {Result} result */
function receive(result) {
  waiting.hidden = true;
  show(result);
  clearTimeout(timer);
  timer = setTimeout(() => show({ ...result, faces: [] }), STALE);
}

/** @returns {(result: Result) => void} */
function makeCards() {
  const list = make("div", { class: "overlay-cards" });
  /** @type {Map<number, ReturnType<typeof makeCard>>} */
  const cards = new Map();
  root.append(list);
  return ({ faces }) => {
    const people = new Set(faces.slice(0, MOST).map(({ person = 0 }) => person));
    for (const [person, card] of cards) {
      if (people.has(person)) continue;
      card.element.remove();
      cards.delete(person);
    }
    for (const face of faces.slice(0, MOST)) {
      const { person = 0 } = face, card = cards.get(person) ?? makeCard(person);
      cards.set(person, card);
      if (!card.element.isConnected) list.append(card.element);
      card.show(face);
    }
  };
}

/** @param {number} person */
function makeCard(person) {
  const label = make("span", { class: "chip" });
  const bars = makeBars(make("div", { class: "row" }, label, make("span", {}, `${person}`)));
  const element = make("section", { class: "overlay-card", "aria-label": `Person ${person}` }, bars.element);
  /** @param {Face} face */
  const showFace = (face) => {
    label.replaceChildren(makeSwatch(face.emotion, labelsOf(face)), formatLabel(face));
    bars.show(face);
  };
  return { element, show: showFace };
}

/**
 * Boxes lie right over a camera's image that fits the source, in its middle.
 *
 * @param {boolean} mirrored
 * @returns {(result: Result) => void}
 */
function makeBoxes(mirrored) {
  const canvas = make("canvas", { class: "boxes" });
  root.append(make("div", { class: "overlay-boxes" }, make("div", { class: "media" }, canvas)));
  return (result) => {
    const { context, width, height } = prepareCanvas(canvas);
    paintInto(context, result, { width, height }, { mirrored });
  };
}
