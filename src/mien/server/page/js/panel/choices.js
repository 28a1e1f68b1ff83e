/** @import { Values } from "../settings.js" */
import { make, makeChoice } from "../dom.js";
import { formatPercent } from "../format.js";
import { loadCatalog, settings } from "../settings.js";

const AS_LEARNED = { value: "", text: "as learned" };
const PRIOR_HELP = "How common each expression is taken to be; a study's can differ from those of the photos that the model learned";
const ENGINE_HELP = "The camera's images stay in this browser: the server gets results alone, and only while you record. "
  + "Corrections, images of people and the overlay for OBS need the server; the face detector is YuNet.";

/**
 * The choice of a model, of its base rates and of a face detector. All places that offer it agree.
 *
 * @param {AbortSignal} [signal] stops its listeners.
 * @returns {HTMLElement[]}
 */
export function makeModelChoice(signal) {
  const model = makeChoice("Model", (name) => settings.change({ model: name, prior: "" }));
  const prior = makeChoice("Base rates", (name) => settings.change({ prior: name }));
  const detector = makeChoice("Face detector", (name) => settings.change({ detector: name }));
  const choices = [model, prior, detector];
  prior.element.title = PRIOR_HELP;
  const show = async () => {
    const { models, detectors, detector: usual } = await loadCatalog(), { values } = settings;
    const own = models.find((entry) => entry.default)?.name ?? "", name = values.model || own;
    const priors = models.find((entry) => entry.name === name)?.priors ?? [];
    model.fill(models.map((entry) => ({ value: entry.name, text: entry.name })), name);
    prior.fill([AS_LEARNED, ...priors.map((rates) => ({ value: rates, text: rates }))], values.prior);
    prior.element.hidden = !priors.length;
    detector.fill(detectors.map((entry) => ({ value: entry, text: entry })), values.detector || usual);
    detector.element.hidden = detectors.length < 2;
  };
  const lock = () => { for (const choice of choices) choice.select.disabled = settings.isLocked; };
  settings.on(["model", "prior", "detector"], show, signal);
  settings.addEventListener("locked", lock, { signal });
  lock();
  show();
  return choices.map(({ element }) => element);
}

/**
 * A slider for one of the settings.
 *
 * @param {string} label
 * @param {keyof Values} name of a number.
 * @param {{max: number, step: number, format: (value: number) => string, signal?: AbortSignal}} options
 */
export function makeSlider(label, name, { max, step, format, signal }) {
  const output = make("output", { class: "number" });
  const input = make("input", { type: "range", min: 0, max, step,
    oninput: () => settings.change({ [name]: Number(input.value) }) });
  const show = () => {
    const value = Number(settings.values[name]);
    input.value = `${value}`;
    output.textContent = format(value);
  };
  settings.on([name], show, signal);
  show();
  return make("label", { class: "field" }, label, input, output);
}

/** The confidence below which a face is labelled unsure. @param {AbortSignal} [signal] */
export const makeThreshold = (signal) =>
  makeSlider("Confidence threshold", "threshold", { max: 0.9, step: 0.05, format: formatPercent, signal });

/**
 * A box for one of the settings.
 *
 * @param {string} label
 * @param {keyof Values} name of a yes or no.
 * @param {AbortSignal} [signal]
 */
export function makeCheckbox(label, name, signal) {
  return makeSwitch(label, name, signal).element;
}

/** @param {string} label @param {keyof Values} name @param {AbortSignal} [signal] */
function makeSwitch(label, name, signal) {
  const box = make("input", { type: "checkbox", onchange: () => settings.change({ [name]: box.checked }) });
  const show = () => { box.checked = Boolean(settings.values[name]); };
  settings.on([name], show, signal);
  show();
  return { element: make("label", { class: "field" }, box, label), box };
}

/** Whether Live runs in this browser: chosen before a recording, as a session has one engine. @param {AbortSignal} [signal] */
export function makeEngineSwitch(signal) {
  const { element, box } = makeSwitch("Run Live in this browser", "inBrowser", signal);
  const lock = () => { box.disabled = settings.isLocked; };
  settings.addEventListener("locked", lock, { signal });
  lock();
  return make("div", {}, element, make("p", { class: "muted small" }, ENGINE_HELP));
}

/**
 * Whether an image of each person is kept with a recording: not while Live sends no images.
 *
 * @param {string} label
 * @param {AbortSignal} [signal]
 */
export function makePortraitsChoice(label, signal) {
  const { element, box } = makeSwitch(label, "saveFaces", signal);
  const note = make("span", { class: "muted small" }, "(not while Live runs in this browser)");
  const show = () => {
    box.disabled = settings.values.inBrowser;
    note.hidden = !settings.values.inBrowser;
  };
  settings.on(["inBrowser"], show, signal);
  show();
  element.append(note);
  return element;
}
