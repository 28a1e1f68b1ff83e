/** @import { Model, ModelChoice } from "./types.js" */
import { ask, retry } from "./api.js";
import { make, makeChoice } from "./dom.js";
import { formatPercent } from "./format.js";

const TRIES = 3;
const OWN = { value: "", text: "as learned" };

/**
 * The choice of a model, of its base rates and of a face detector.
 *
 * @param {(chosen: ModelChoice) => void} [onChange]
 * @returns {{elements: HTMLElement[], chosen: () => ModelChoice, lock: (locked: boolean) => void,
 *   ready: Promise<void>}} `ready` resolves once the server has listed its models.
 */
export function makeModelChoice(onChange) {
  /** @type {Map<string, string[]>} */
  const priors = new Map();
  const chosen = () => ({
    model: model.select.value || null,
    prior: prior.select.value || null,
    detector: detector.select.value || null,
  });
  const model = makeChoice("Model", () => { showPriors(); onChange?.(chosen()); });
  const prior = makeChoice("Base rates", () => onChange?.(chosen()));
  const detector = makeChoice("Face detector", () => onChange?.(chosen()));
  const showPriors = () => {
    const names = priors.get(model.select.value) ?? [];
    prior.fill([OWN, ...names.map((name) => ({ value: name, text: name }))], "");
    prior.element.hidden = !names.length;
  };
  const choices = [model, prior, detector];
  prior.element.title = "How common each expression is taken to be; a study's can differ from those of the photos that the model learned";
  const load = async () => {
    /** @type {{models: Model[], detectors?: string[], detector?: string}} */
    const { models, detectors = [], detector: usual } = await retry(() => ask("GET", "/v1/models"), { tries: TRIES });
    for (const { name, priors: names } of models) priors.set(name, names ?? []);
    model.fill(models.map(({ name }) => ({ value: name, text: name })),
      models.find((entry) => entry.default)?.name);
    showPriors();
    detector.fill(detectors.map((name) => ({ value: name, text: name })), usual);
    detector.element.hidden = detectors.length < 2;
  };
  /** @param {boolean} locked */
  const lock = (locked) => { for (const choice of choices) choice.select.disabled = locked; };
  return { elements: choices.map(({ element }) => element), chosen, lock, ready: load() };
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
