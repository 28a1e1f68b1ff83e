/** @import { Result } from "../types.js" */
/** @import { Item } from "./item.js" */
import { make } from "../dom.js";
import { capitalize } from "../format.js";
import { StatusLine } from "../notices.js";
import { makeOverlay } from "../overlay.js";
import { settings } from "../settings.js";
import { makeIcon } from "../ui/button.js";
import { makeActions } from "./actions.js";
import { makeFaceCard } from "./face_card.js";
import { facesOf } from "./faces.js";

/**
 * A file in large: its image with boxes, or its video; beside it, its faces, or what became of it.
 *
 * @param {Item} item
 * @param {() => void} onRetry
 */
export function makeSheet(item, onRetry) {
  const status = new StatusLine(), actions = makeActions(item, onRetry);
  const bar = make("progress", { max: 1, "aria-label": "Progress" }), faces = make("div", { class: "face-list" });
  const { element, show: showMedia, release } = item.isVideo ? makeVideo(item.file) : makePhoto(item, faces);
  /** @type {Result|null|undefined} */
  let displayed;
  const show = () => {
    status.show(item.result?.faces.length ? "" : item.status, item.state === "failed" ? "alert" : "note");
    bar.hidden = item.progress === null || item.isOver;
    bar.value = item.progress ?? 0;
    actions.show();
    if (displayed === item.result) return; // drawing it anew would close what is open in it
    displayed = item.result;
    showMedia();
  };
  show();
  return { show, release, elements: [make("div", { class: "stage" }, element),
    make("div", { class: "findings" }, status.element, bar, actions.element, faces)] };
}

/** @param {Item} item @param {HTMLElement} list takes the faces. */
function makePhoto(item, list) {
  const address = URL.createObjectURL(item.file);
  const image = make("img", { src: address, alt: "The photo, with numbered faces" }), overlay = makeOverlay(image);
  const element = make("div", { class: "photo" }, overlay.element);
  image.addEventListener("load", () => {
    const { naturalWidth: width, naturalHeight: height } = image;
    if (!item.result) overlay.show({ width, height, faces: [] });
  });
  image.addEventListener("error", () => element.replaceChildren(
    make("p", { class: "muted" }, makeIcon("image"), "This browser cannot display the image.")));
  const show = () => {
    const { result } = item, faces = facesOf(item, settings.values.threshold);
    overlay.show(result && { ...result, faces });
    list.replaceChildren(...(faces.length ? result?.warnings ?? [] : []).map(makeWarning),
      ...faces.map((face, index) => makeFaceCard(item, face, index, image)));
  };
  const release = () => {
    overlay.release();
    URL.revokeObjectURL(address);
  };
  return { element, show, release };
}

/** @param {string} text a sign that the photo is not what it should be. */
const makeWarning = (text) => make("p", { class: "muted small" }, `${capitalize(text)}.`);

/** @param {File} file */
function makeVideo(file) {
  const address = URL.createObjectURL(file);
  const element = make("video", { src: address, controls: true, preload: "metadata" });
  const release = () => {
    element.removeAttribute("src");
    element.load(); // frees the decoder
    URL.revokeObjectURL(address);
  };
  return { element, show: () => {}, release };
}
