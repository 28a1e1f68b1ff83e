/** @import { Face } from "../types.js" */
/** @import { Tile } from "./grid.js" */
/** @import { Item } from "./item.js" */
/** @import { Thumbnails } from "./thumbnails.js" */
import { make } from "../dom.js";
import { colorElement, formatLabel, labelsOf, makeSwatch, stackOrder } from "../labels.js";
import { settings } from "../settings.js";
import { makeIcon } from "../ui/button.js";
import { makeActions } from "./actions.js";
import { countLabels, facesOf, findDominant, meanOf } from "./faces.js";
import { drawPreview } from "./preview.js";

const LEAST_SHARE = 0.01; // of a bar; less is not to be seen

/**
 * A file in the grid: its image with the faces' boxes, its dominant label, and a bar of its faces'
 * mean probabilities; or how far it is, or why it failed.
 *
 * @param {Item} item
 * @param {{thumbnails: Thumbnails, onOpen: () => void, onRetry: () => void}} options
 * @returns {Tile}
 */
export function makeTile(item, { thumbnails, onOpen, onRetry }) {
  const canvas = make("canvas"), line = make("span", { class: "line" }), bar = make("span", { class: "shares" });
  const picture = make("span", { class: "image" }, canvas);
  const open = make("button", { type: "button", class: "open", onclick: onOpen },
    picture, line, bar, make("span", { class: "name", dir: "auto", title: item.name }, item.name));
  const element = make("li", { class: "file" }, open);
  let image = /** @type {?ImageBitmap} */ (null), size = { width: 0, height: 0 }, shown = "", isCurrent = false;
  /** @type {?ReturnType<typeof makeActions>} */
  let actions = null;
  const draw = () => drawPreview(canvas, size, image, item.result, facesOf(item, settings.values.threshold));
  const mark = (/** @type {boolean} */ changed) => {
    isCurrent = changed;
    for (const control of [open, ...actions?.controls ?? []]) control.tabIndex = isCurrent ? 0 : -1;
  };
  /** Only what a file needs is made, for hundreds pass by while the page scrolls. */
  const showExtras = () => {
    if (item.corrections.size && !picture.querySelector(".badge")) picture.append(makeBadge());
    if (!item.corrections.size) picture.querySelector(".badge")?.remove();
    if (!actions && (item.isVideo || item.isRetryable)) {
      actions = makeActions(item, onRetry);
      element.append(actions.element);
      mark(isCurrent);
    }
    actions?.show();
  };
  const show = (/** @type {typeof size} */ room) => {
    const { threshold } = settings.values, faces = facesOf(item, threshold);
    const key = JSON.stringify([item.state, item.status, item.progress, item.session, [...item.corrections], threshold, room]);
    if (key === shown) return;
    [shown, size] = [key, room];
    element.dataset.state = item.state;
    line.replaceChildren(...makeLine(item, faces));
    bar.replaceChildren(...makeBar(item, faces));
    showExtras();
    draw();
  };
  thumbnails.request(item, (made) => {
    image = made;
    if (image) draw();
    else picture.replaceChildren(makeIcon(item.isVideo ? "file-video" : "image"), ...picture.querySelectorAll(".badge"));
  });
  return { element, show, mark, focus: () => open.focus({ preventScroll: true }), release: () => thumbnails.release(item) };
}

const makeBadge = () => make("span", { class: "badge" }, makeIcon("check"), "Corrected");

/** The label and the state; screen readers say how many faces have each label. @param {Item} item @param {Face[]} faces @returns {HTMLElement[]} */
function makeLine(item, faces) {
  const face = findDominant(faces), counts = [...countLabels(faces)].map(([label, number]) => `${number} ${label}`);
  const status = make("span", { class: "status", title: item.state === "failed" ? item.status : null }, item.status);
  if (!face) return [status];
  return [make("span", { class: "chip" }, makeSwatch(face.emotion, labelsOf(face)), formatDominant(face, faces)), status,
    make("span", { class: "visually-hidden" }, faces.length > 1 ? counts.join(", ") : "")];
}

/** "happy 92 %", or "happy ×4" where several faces have the label. @param {Face} face @param {Face[]} faces */
function formatDominant(face, faces) {
  const number = countLabels(faces).get(face.emotion) ?? 0;
  return number > 1 ? `${face.emotion} ×${number}` : formatLabel(face);
}

/** The progress, or the mean probabilities in the labels' colours. @param {Item} item @param {Face[]} faces */
function makeBar(item, faces) {
  if (item.progress !== null && !item.isOver) return [makeSegment(make("i", { class: "done" }), item.progress)];
  if (!faces.length) return [];
  const means = meanOf(faces), labels = Object.keys(means);
  return stackOrder(labels).filter((label) => means[label] >= LEAST_SHARE).map((label) => makeSegment(colorElement(make("i"), label, labels), means[label]));
}

/** @param {HTMLElement} segment @param {number} share */
function makeSegment(segment, share) {
  segment.style.flexGrow = `${share}`;
  return segment;
}
