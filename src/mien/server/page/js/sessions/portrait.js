/** @import { Person } from "../types.js" */
import { make } from "../dom.js";

const COLORS = 8; // --label-1 to --label-8 in design/tokens.css

/**
 * A person's image, for beside the name; where there is none, the first letter of the name, or the id.
 *
 * @param {Person} person
 */
export function makePortrait(person) {
  const letter = person.name ? [...new Intl.Segmenter().segment(person.name)][0].segment : `${person.number}`;
  const initial = make("span", { class: "portrait", "aria-hidden": "true" }, letter.toUpperCase());
  initial.style.setProperty("--fill", `var(--label-${(person.number - 1) % COLORS + 1})`);
  if (!person.thumbnail) return initial;
  const image = make("img", { class: "portrait", src: person.thumbnail, alt: "", loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(initial));
  return image;
}
