import { make } from "./dom.js";
import { drawFaces } from "./overlay.js";

/**
 * A picture or a video with the faces of a result drawn over it, at any size.
 *
 * @param {HTMLElement} media an img or a video.
 * @returns {{element: HTMLElement, show: (result: object|null, given?: object) => void,
 *   release: () => void}} `show` takes what `drawFaces` takes.
 */
export function makePicture(media) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const element = make("div", { class: "picture" }, media, canvas);
  let last = [null];
  const show = (...given) => {
    last = given;
    shape(element, given[0]);
    drawFaces(canvas, ...given);
  };
  const sized = new ResizeObserver(() => drawFaces(canvas, ...last));
  sized.observe(canvas);
  return { element, show, release: () => sized.disconnect() };
}

/** Gives the element its picture's own shape, so that a box lies where its face does. */
function shape(element, result) {
  if (!result) return;
  element.style.setProperty("--wide", result.width);
  element.style.setProperty("--high", result.height);
}
