/** @import { Model, ModelChoice } from "./types.js" */
import { ask, retry } from "./api.js";
import { load, save } from "./memory.js";

const KEY = "mien-settings";
const TRIES = 3;

/** Seconds by which Live's probabilities are smoothed; the server's own TIME_CONSTANT. */
export const USUAL_SMOOTHING = 0.06;

/**
 * @typedef {object} Values
 * @property {string} camera the browser's id; empty for its default.
 * @property {string} model a name; empty for the server's own. So are the next two.
 * @property {string} prior base rates.
 * @property {string} detector
 * @property {number} threshold the confidence below which a face is labelled unsure.
 * @property {number} smoothing seconds.
 * @property {boolean} mirror
 * @property {boolean} inBrowser whether Live's images are analyzed in this browser, and not sent.
 * @property {boolean} saveVideos for playback, with the sessions of Analyze.
 * @property {boolean} saveFaces a small image of each person, with the recordings of Live.
 * @property {"system"|"light"|"dark"} theme
 */

/** @type {Values} */
const DEFAULTS = { camera: "", model: "", prior: "", detector: "", threshold: 0, smoothing: USUAL_SMOOTHING,
  mirror: true, inBrowser: false, saveVideos: false, saveFaces: false, theme: "system" };

/**
 * What the user chose, kept by this browser. Every view reads it here, and the panel of settings
 * changes it here. Events: "change" (its `detail` lists the names that changed), "locked".
 */
class Settings extends EventTarget {
  /** @type {Readonly<Values>} */
  values = { ...DEFAULTS, ...parse(load(KEY)) };
  isLocked = false;

  /** @param {Partial<Values>} changes */
  change(changes) {
    this.values = { ...this.values, ...changes };
    save(KEY, JSON.stringify(this.values));
    this.dispatchEvent(new CustomEvent("change", { detail: Object.keys(changes) }));
  }

  /** The model, base rates and detector, as requests name them: null for the server's own. @returns {ModelChoice} */
  get choice() {
    const { model, prior, detector } = this.values;
    return { model: model || null, prior: prior || null, detector: detector || null };
  }

  /** Keeps the model and its like from being changed, as during a recording. @param {boolean} isLocked */
  lock(isLocked) {
    if (isLocked === this.isLocked) return;
    this.isLocked = isLocked;
    this.dispatchEvent(new Event("locked"));
  }

  /**
   * Calls an action when one of the named values changes.
   *
   * @param {(keyof Values)[]} names
   * @param {() => void} action
   * @param {AbortSignal} [signal] stops it.
   */
  on(names, action, signal) {
    this.addEventListener("change", (event) => {
      const changed = /** @type {CustomEvent<(keyof Values)[]>} */ (event).detail;
      if (changed.some((name) => names.includes(name))) action();
    }, { signal });
  }
}

/** @param {?string} text @returns {Partial<Values>} those of a known name and kind. */
function parse(text) {
  try {
    const entries = Object.entries(JSON.parse(text ?? "{}"));
    return Object.fromEntries(entries.filter(([name, value]) => Object.hasOwn(DEFAULTS, name)
      && typeof value === typeof DEFAULTS[/** @type {keyof Values} */ (name)]));
  } catch {
    return {};
  }
}

export const settings = new Settings();

/** @typedef {{models: Model[], detectors: string[], detector: string}} Catalog the server's models and detectors. */

/** @type {?Promise<Catalog>} */
let catalog = null;

/**
 * What the server offers; asked for once. A choice that it no longer offers is forgotten.
 *
 * @returns {Promise<Catalog>}
 */
export function loadCatalog() {
  catalog ??= requestCatalog().catch((error) => {
    catalog = null;
    throw error;
  });
  return catalog;
}

/** @returns {Promise<Catalog>} */
async function requestCatalog() {
  const { models, detectors = [], detector = "" } = await retry(() => ask("GET", "/v1/models"), { tries: TRIES });
  const { values } = settings, model = models.find((/** @type {Model} */ { name }) => name === values.model);
  if (values.model && !model) settings.change({ model: "", prior: "" });
  if (values.detector && !detectors.includes(values.detector)) settings.change({ detector: "" });
  return { models, detectors, detector };
}

const darkness = matchMedia("(prefers-color-scheme: dark)");

/** Calls an action when the page's colours change: what is on a canvas is drawn anew. @param {() => void} action @param {AbortSignal} signal stops it. */
export function onColors(action, signal) {
  settings.on(["theme"], action, signal);
  darkness.addEventListener("change", action, { signal });
}

/** Applies the chosen colour scheme; the system's where none is chosen. */
export function followTheme() {
  const apply = () => {
    const { theme } = settings.values;
    document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
  };
  settings.on(["theme"], apply);
  apply();
}
