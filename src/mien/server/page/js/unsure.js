import { make } from "./dom.js";
import { percent } from "./format.js";

/**
 * The choice below which confidence a face is called unsure.
 *
 * @param {(part: number) => void} onChange told a confidence from 0 to 0.9.
 * @returns {HTMLElement}
 */
export function makeUnsureChoice(onChange) {
  const told = make("output", {}, percent(0));
  const input = make("input", { type: "range", min: 0, max: 90, step: 5, value: 0, oninput: () => {
    told.textContent = percent(input.value / 100);
    onChange(input.value / 100);
  } });
  return make("label", { class: "field" }, "Unsure below", input, told);
}
