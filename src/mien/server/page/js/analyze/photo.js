import { ask } from "../api.js";
import { makeBars } from "../bars.js";
import { make } from "../dom.js";
import { makeFeedback } from "../feedback.js";
import { count } from "../format.js";
import { persist } from "../persist.js";
import { makePicture } from "../picture.js";

/**
 * Analyzes a photo and shows its faces.
 *
 * @param {import("./item.js").Item} item its `result` is then the server's answer; its
 *   `release` lets the picture go.
 * @param {{model: string, unsure_below: number}} settings
 */
export async function analyzePhoto(item, settings) {
  const { file, signal } = item, query = { face_ids: true, ...settings };
  item.result = await persist(() => ask("POST", "/v1/analyze", { query, body: file, signal }), signal);
  const { faces } = item.result;
  const { element, release } = showPhoto(file, item.result);
  item.release = release;
  item.body.replaceChildren(element, make("div", { class: "faces" }, ...faces.map(makeFace)));
  item.tell(faces.length ? count(faces.length, "face") : "No face was found.");
}

function showPhoto(file, result) {
  const address = URL.createObjectURL(file);
  const image = make("img", { src: address, alt: `${file.name}, its faces numbered`, loading: "lazy" });
  const picture = makePicture(image);
  image.addEventListener("error", () => {
    const told = make("p", { class: "quiet" }, "This browser cannot show this kind of picture.");
    picture.element.replaceWith(told);
  });
  picture.show(result);
  const release = () => {
    picture.release();
    URL.revokeObjectURL(address);
  };
  return { element: picture.element, release };
}

function makeFace(face, at) {
  const name = `Face ${at + 1}`, bars = makeBars(name);
  bars.show(face);
  return make("section", { class: "face", "aria-label": name }, bars.element,
    makeFeedback(() => ({ face_id: face.face_id })));
}
