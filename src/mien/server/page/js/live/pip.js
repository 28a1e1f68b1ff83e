import { makeButton } from "../ui/button.js";
import { makeEmptyState } from "../ui/empty.js";

/**
 * Chromium's window that stays above all others and holds any element, so that the boxes come along.
 *
 * @typedef {{window: ?Window, requestWindow: (size: {width: number, height: number}) => Promise<Window>}} WindowMaker
 */

/** @returns {?WindowMaker} null in browsers without it. */
const windowMaker = () => /** @type {any} */ (window).documentPictureInPicture ?? null;

/** Whether the browser can show a picture in picture with boxes and labels. */
export const hasPictureInPicture = () => windowMaker() !== null;

/**
 * Moves an element with a video into a small window, or back.
 *
 * @param {HTMLElement} element
 * @param {AbortSignal} signal closes the window.
 */
export async function togglePictureInPicture(element, signal) {
  const maker = windowMaker();
  if (!maker) return;
  if (maker.window) return closePictureInPicture();
  const { clientWidth: width, clientHeight: height } = element;
  const small = await maker.requestWindow({ width: Math.round(width / 2), height: Math.round(height / 2) });
  const end = new AbortController(), place = makeEmptyState("picture-in-picture-2", "In a small window",
    "The video stays above your other windows.", makeButton("Bring it back", { onclick: closePictureInPicture }));
  copyStyles(small.document);
  element.replaceWith(place);
  small.document.body.append(element);
  play(element);
  small.addEventListener("pagehide", () => {
    end.abort();
    place.replaceWith(element);
    play(element);
  });
  signal.addEventListener("abort", () => small.close(), { signal: end.signal });
}

/** Brings the element back, if it is in a small window. */
export const closePictureInPicture = () => windowMaker()?.window?.close();

/** @param {Document} target */
function copyStyles(target) {
  for (const link of document.querySelectorAll('link[rel="stylesheet"]')) target.head.append(target.importNode(link));
  target.documentElement.style.colorScheme = document.documentElement.style.colorScheme;
  target.body.className = "pip";
}

/** A video stops when it moves to another window, unless it was paused. @param {HTMLElement} element */
function play(element) {
  const video = element.querySelector("video");
  if (video && !video.hasAttribute("data-paused")) video.play().catch(() => {}); // it was stopped meanwhile
}
