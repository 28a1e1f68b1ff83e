/** @import { ProfileDetail } from "../types.js" */
import { ask, retry } from "../api.js";
import { makeChoice } from "../dom.js";
import { load, save } from "../memory.js";
import { notifyError } from "../notices.js";

const KEY = "mien-profile";
const TRIES = 3;

/**
 * The personal profile that adapts results and learns from feedback; the empty name stands for none.
 *
 * Events: "listed" (the profiles changed), "chosen" (another one), "changed" (its corrections),
 * "locked" (whether another one can be chosen).
 */
class CurrentProfile extends EventTarget {
  name = load(KEY) ?? "";
  /** @type {string[]} */
  names = [];
  isLocked = false;
  saveCrops = false;
  /** @type {?ProfileDetail} null where none is chosen. */
  detail = null;
  #loads = 0;

  /** Lists the profiles; a chosen one that no longer exists is deselected. */
  async load() {
    const turn = ++this.#loads, { name } = this;
    const { profiles } = await get("/v1/profiles");
    if (turn !== this.#loads) return; // a newer list is on its way
    this.names = profiles.map((/** @type {{name: string}} */ { name }) => name);
    this.#emit("listed");
    if (this.names.includes(this.name)) await this.refresh();
    else if (name && name === this.name) await this.choose(""); // not one chosen since: it may be new
  }

  /** @param {string} name */
  async choose(name) {
    this.name = name;
    save(KEY, name);
    this.#emit("chosen");
    await this.refresh();
  }

  /** Keeps the profile from being changed, as during a recording. @param {boolean} isLocked */
  lock(isLocked) {
    if (isLocked === this.isLocked) return;
    this.isLocked = isLocked;
    this.#emit("locked");
  }

  /** Loads what the profile has learned. */
  async refresh() {
    const { name } = this;
    const detail = name ? await get(this.path()) : null;
    if (name !== this.name) return; // another one was chosen meanwhile
    this.detail = detail;
    this.#emit("changed");
  }

  /** Changes the profile. @param {string} path below the profile's. @param {object} [json] */
  async change(path, json) {
    await ask("POST", this.path(path), { json });
    await this.refresh();
  }

  path(below = "") {
    return `/v1/profiles/${encodeURIComponent(this.name)}${below}`;
  }

  /** What a correction carries, besides label and face, so that the profile learns from it. */
  get correctionFields() {
    return this.name ? { profile: this.name, keep_picture: this.saveCrops } : {};
  }

  /** @param {string} kind */
  #emit(kind) {
    this.dispatchEvent(new Event(kind));
  }
}

/** @param {string} path */
const get = (path) => retry(() => ask("GET", path), { tries: TRIES });

export const profile = new CurrentProfile();

/**
 * The choice of a profile, the same in every view.
 *
 * @param {AbortSignal} [signal] stops its listeners.
 */
export function makeProfileChoice(signal) {
  const { element, select, fill } = makeChoice("Profile",
    (name) => { profile.choose(name).catch(notifyError); });
  const show = () => {
    const options = profile.names.map((name) => ({ value: name, text: name }));
    fill([{ value: "", text: "None" }, ...options], profile.name);
  };
  profile.addEventListener("listed", show, { signal });
  profile.addEventListener("chosen", () => { select.value = profile.name; }, { signal });
  const lock = () => { select.disabled = profile.isLocked; };
  profile.addEventListener("locked", lock, { signal });
  lock();
  show();
  return element;
}
