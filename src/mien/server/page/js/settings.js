/** @import { Model } from "./types.js" */
import { ask, retry } from "./api.js";
import { make, makeChoice } from "./dom.js";
import { formatPercent } from "./format.js";

const TRIES = 3;

/**
 * The choice of a model.
 *
 * @param {(name: string) => void} [onChange]
 * @returns {{element: HTMLElement, select: HTMLSelectElement, ready: Promise<void>}} `ready`
 *   resolves once the server has listed its models.
 */
export function makeModelChoice(onChange) {
  const { element, select, fill } = makeChoice("Model", onChange);
  const load = async () => {
    /** @type {{models: Model[]}} */
    const { models } = await retry(() => ask("GET", "/v1/models"), { tries: TRIES });
    const chosen = models.find((model) => model.default);
    fill(models.map(({ name }) => ({ value: name, text: name })), chosen?.name);
  };
  return { element, select, ready: load() };
}

/**
 * The choice of the confidence below which a face is labelled unsure.
 *
 * @param {(threshold: number) => void} onChange called with a confidence from 0 to 0.9.
 */
export function makeThreshold(onChange) {
  const output = make("output", {}, formatPercent(0));
  const input = make("input", { type: "range", min: 0, max: 90, step: 5, value: 0, oninput: () => {
    const threshold = Number(input.value) / 100;
    output.textContent = formatPercent(threshold);
    onChange(threshold);
  } });
  return make("label", { class: "field" }, "Confidence threshold", input, output);
}
