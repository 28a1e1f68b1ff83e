/** @import { Person } from "../types.js" */
import { make } from "../dom.js";

const TINTS = 8; // --label-1 to --label-8 in design/tokens.css

/**
 * A person's image; a tinted circle with an initial where there is none. Names stand beside it, so
 * screen readers pass over it.
 *
 * @param {Person} person
 */
export function makeAvatar({ number, name, thumbnail }) {
  const [letter] = name.trim() || `${number}`;
  const initial = make("span", { class: "avatar", "aria-hidden": "true" }, name.trim() ? letter.toUpperCase() : `${number}`);
  initial.style.setProperty("--tint", `var(--label-${number % TINTS + 1})`);
  if (!thumbnail) return initial;
  const image = make("img", { class: "avatar", src: thumbnail, alt: "", loading: "lazy", draggable: "false" });
  image.addEventListener("error", () => image.replaceWith(initial));
  return image;
}
