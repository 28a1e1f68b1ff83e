/** @import { Face } from "../types.js" */
/** @import { Item } from "./item.js" */
import { contextOf } from "../canvas.js";
import { make } from "../dom.js";
import { makeFaceDetails } from "../face.js";
import { makeIcon } from "../ui/button.js";

const SIDE = 88; // CSS pixels of a crop
const AROUND = 0.08; // of a face's longer side, on each side of it

/**
 * A face of a photo: its crop, its probabilities, and what corrects and explains it. A correction is
 * noted on the item.
 *
 * @param {Item} item
 * @param {Face} face
 * @param {number} index its place among the photo's faces.
 * @param {HTMLImageElement} image
 */
export function makeFaceCard(item, face, index, image) {
  const name = `Face ${index + 1}`, note = make("p", { class: "corrected" });
  const showNote = () => {
    const label = item.corrections.get(index);
    note.hidden = !label;
    note.replaceChildren(makeIcon("check"), `Corrected to ${label}`);
  };
  const details = makeFaceDetails(name, () => (face.face_id ? { face_id: face.face_id } : null), (label) => {
    item.correct(index, label);
    showNote();
  });
  details.show(face);
  showNote();
  return make("section", { class: "face", "aria-label": name }, makeCrop(image, face),
    make("div", {}, ...details.elements, note));
}

/** @param {HTMLImageElement} image @param {Face} face */
function makeCrop(image, { box: [x, y, width, height] }) {
  const side = Math.max(width, height) * (1 + 2 * AROUND), pixels = Math.round(SIDE * devicePixelRatio);
  const canvas = make("canvas", { class: "crop", width: pixels, height: pixels, "aria-hidden": "true" });
  const draw = () => contextOf(canvas).drawImage(image,
    x + (width - side) / 2, y + (height - side) / 2, side, side, 0, 0, pixels, pixels);
  if (image.complete && image.naturalWidth) draw();
  else image.addEventListener("load", draw, { once: true });
  return canvas;
}
