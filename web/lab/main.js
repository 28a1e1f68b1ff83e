/** @import { Mien } from "../src/index.js" */
/** @import { Recording } from "./recording.js" */
import "./icons.js"; // before the modules that draw them
import { checkSupport } from "../src/support.js";
import { make } from "../../src/mien/server/page/js/dom.js";
import { formatError } from "../../src/mien/server/page/js/format.js";
import { notify, notifyError } from "../../src/mien/server/page/js/notices.js";
import { makeIcon, makeIconButton } from "../../src/mien/server/page/js/ui/button.js";
import { openEngine } from "./engine.js";
import { Files } from "./files.js";
import { Live } from "./live.js";
import { Recordings } from "./recordings.js";
import { openSettings } from "./settings.js";

/** @typedef {"live"|"files"|"recordings"} View */

/** @type {[View, string, string][]} */
const VIEWS = [["live", "Live", "video"], ["files", "Files", "images"], ["recordings", "Recordings", "layers"]];

/** The page: one engine, three views. */
export class Lab {
  /** @type {Promise<Mien>} resolves once the engine can be used; rejects where it cannot. */
  ready;
  /** @type {string[]} of the model. */
  labels = [];
  /** @type {string[]} names of what is measured of a face. */
  attributes = [];
  /** The fallback that was taken; empty where none was. */
  note = "";
  profileName = "";
  title = document.title;
  tools = make("div", { class: "tools" });
  #view = make("main", { id: "view", tabindex: "-1" });
  /** @type {Map<View, HTMLAnchorElement>} */
  #links = new Map();
  #live;
  #files;
  #recordings;

  /** @param {string} model the name of the model within the page. */
  constructor(model) {
    this.modelName = model;
    this.#recordings = new Recordings(this);
    this.#files = new Files(this, document.body);
    this.#live = new Live(this, () => this.#files.browse());
    this.tools.append(makeIconButton("Settings", "settings", () => openSettings(this)));
    this.#view.append(this.#live.element, this.#files.element, this.#recordings.element);
    document.getElementById("lab")?.replaceWith(this.#makeHeader(), this.#view);
    this.ready = this.#open();
    addEventListener("hashchange", () => this.#show());
    addEventListener("beforeunload", (event) => {
      if (this.#recordings.hasUnsaved || this.#live.isRecording) event.preventDefault(); // the browser asks
    });
    this.#show();
  }

  /** Whether something runs that a change of the model would break. */
  get isBusy() {
    return this.#live.isOn || this.#files.isRunning;
  }

  /** @param {View} view */
  open(view) {
    location.hash = view;
    this.#show();
  }

  /** @param {Recording} recording @param {{isShown?: boolean}} [options] */
  addRecording(recording, { isShown = true } = {}) {
    this.#recordings.add(recording);
    if (!isShown) return;
    this.open("recordings");
    notify("Recording kept in this page only. Save it before you close the page.");
  }

  /** Uses another model, in place of the one within the page. @param {File} file */
  async useModel(file) {
    const before = await this.ready.catch(() => null);
    const { mien, note } = await openEngine({ model: this.modelName, custom: file });
    await before?.close();
    this.modelName = file.name;
    this.profileName = "";
    this.#take(mien, note);
    this.ready = Promise.resolve(mien);
  }

  /** @param {?File} file null for none. */
  async useProfile(file) {
    await (await this.ready).useProfile(file);
    this.profileName = file?.name ?? "";
  }

  /** Shows what there is now. */
  refresh() {
    const link = this.#links.get("recordings"), count = this.#recordings?.count ?? 0;
    link?.querySelector(".count")?.replaceChildren(count ? ` ${count}` : "");
  }

  async #open() {
    checkSupport();
    const { mien, note } = await openEngine({ model: this.modelName });
    this.#take(mien, note);
    if (note) notify(note);
    document.documentElement.dataset.ready = "true";
    return mien;
  }

  /** @param {Mien} mien @param {string} note */
  #take(mien, note) {
    this.labels = [...mien.labels];
    this.attributes = mien.quantities.map(({ name }) => name);
    this.note = note;
  }

  #makeHeader() {
    const links = VIEWS.map(([view, text, icon]) => {
      const link = make("a", { href: `#${view}` }, makeIcon(icon), text, make("span", { class: "count number" }));
      this.#links.set(view, link);
      return link;
    });
    return make("header", { class: "top" }, make("span", { class: "brand" }, makeIcon("scan-face"), "Mien"),
      make("nav", { "aria-label": "Views" }, ...links), this.tools);
  }

  #show() {
    const chosen = VIEWS.find(([view]) => location.hash === `#${view}`)?.[0] ?? "live";
    const elements = { live: this.#live.element, files: this.#files.element, recordings: this.#recordings.element };
    for (const [view, link] of this.#links) {
      elements[view].hidden = view !== chosen;
      if (view === chosen) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
}

const lab = new Lab(document.documentElement.dataset.model ?? "default");
lab.ready.catch((error) => notify(`Mien cannot start: ${formatError(error)}`, "alert"));
addEventListener("unhandledrejection", ({ reason }) => notifyError(reason));
