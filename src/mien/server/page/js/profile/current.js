import { ask } from "../api.js";
import { persist } from "../persist.js";

const KEY = "mien-profile";

/**
 * The profile that the page answers by and that feedback teaches; none has the empty name.
 *
 * "listed" tells that the profiles are others, "chosen" that another one is chosen, "changed" that
 * it has learned something or forgotten it, "held" that it must stay, or may go again.
 */
class Current extends EventTarget {
  name = localStorage.getItem(KEY) ?? "";
  names = [];
  held = false;
  keepPictures = false;
  /** What the server tells of it; null where none is chosen. */
  detail = null;

  /** Asks which profiles there are; one that is not there any more is chosen no longer. */
  async load() {
    const { profiles } = await persist(() => ask("GET", "/v1/profiles"));
    this.names = profiles.map(({ name }) => name);
    this.#tell("listed");
    if (this.names.includes(this.name)) await this.refresh();
    else if (this.name) await this.choose("");
  }

  /** @param {string} name */
  async choose(name) {
    this.name = name;
    localStorage.setItem(KEY, name);
    this.#tell("chosen");
    await this.refresh();
  }

  /** Says whether it must stay the one that answers. @param {boolean} held */
  hold(held) {
    if (held === this.held) return;
    this.held = held;
    this.#tell("held");
  }

  /** Asks what the profile has learned. */
  async refresh() {
    const { name } = this;
    const detail = name ? await persist(() => ask("GET", this.path())) : null;
    if (name !== this.name) return; // another one was chosen meanwhile
    this.detail = detail;
    this.#tell("changed");
  }

  /** Has the profile changed, and shows what came of it. @param {string} rest of the address. */
  async change(rest, json) {
    await ask("POST", this.path(rest), { json });
    await this.refresh();
  }

  path(rest = "") {
    return `/v1/profiles/${encodeURIComponent(this.name)}${rest}`;
  }

  /** What feedback says besides the label and the face, so that the profile learns it. */
  get lesson() {
    return this.name ? { profile: this.name, keep_picture: this.keepPictures } : {};
  }

  #tell(what) {
    this.dispatchEvent(new Event(what));
  }
}

export const profile = new Current();
