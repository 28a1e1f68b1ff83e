import { make } from "../dom.js";
import { count } from "../format.js";
import { makeModelChoice } from "../models.js";
import { makeProfileChoice } from "../profile/choice.js";
import { profile } from "../profile/current.js";
import { makeUnsureChoice } from "../unsure.js";
import { isFilm, makeDropZone } from "./drop.js";
import { analyzeFilm } from "./film.js";
import { Item } from "./item.js";
import { keepPhotos } from "./keep.js";
import { analyzePhoto } from "./photo.js";
import { Queue } from "./queue.js";

const AT_ONCE = 2; // photos: one is on its way while another is looked at

/** Analyze: photos and films that are dropped, each with its results as they come. */
export function mount(root) {
  analyze ??= new Analyze();
  root.append(analyze.element);
  return () => analyze.element.remove();
}

let analyze = null; // stays while the page does: whoever looks at a session comes back to the results

class Analyze {
  #photos = new Queue(AT_ONCE);
  #films = new Queue(1);
  #items = [];
  #unsure = 0;
  #list = make("div", { class: "items" });
  #told = make("p", { role: "status" });
  #model = makeModelChoice();
  #keepFilm = make("input", { type: "checkbox" });
  #cancel = make("button", { type: "button", hidden: true, onclick: () => this.#cancelAll() }, "Cancel all");
  #keep = make("button", { type: "button", hidden: true, onclick: () => this.#keepAll() },
    "Keep the photos' results as a session");
  #clear = make("button", { type: "button", hidden: true, onclick: () => this.#clearAll() }, "Clear the list");

  constructor() {
    this.element = make("div", { class: "analysis" });
    const zone = makeDropZone(this.element, (files) => this.#add(files));
    this.element.append(make("h1", { class: "spoken" }, "Analyze"),
      make("div", { class: "card controls" }, zone, this.#settings(),
        make("div", { class: "row" }, this.#told, this.#cancel, this.#keep, this.#clear)),
      this.#list);
    profile.load();
  }

  #settings() {
    return make("div", { class: "row" }, this.#model.element, makeProfileChoice(),
      makeUnsureChoice((part) => { this.#unsure = part; }),
      make("label", { class: "field" }, this.#keepFilm, "Keep films, to play them in Sessions"));
  }

  async #add(files) {
    await this.#model.ready;
    const items = files.map((file) => this.#makeItem(file));
    this.#items.push(...items);
    this.#list.prepend(...items.map(({ element }) => element));
    items.forEach((item) => item.start());
  }

  #makeItem(file) {
    const model = this.#model.select.value, unsure_below = this.#unsure, keep = this.#keepFilm.checked;
    const as = profile.name || null;
    const item = isFilm(file)
      ? new Item(file, (one) => analyzeFilm(one, { model, keep, profile: as }), this.#films)
      : new Item(file, (one) => analyzePhoto(one, { model, unsure_below, profile: as }), this.#photos);
    Object.assign(item, { model, profile: as });
    item.addEventListener("change", () => this.#count());
    return item;
  }

  #count() {
    const number = (state) => this.#items.filter((item) => item.state === state).length;
    const parts = ["failed", "cancelled"].filter(number).map((state) => `${number(state)} ${state}`);
    this.#told.textContent = [`${number("done")} of ${count(this.#items.length, "file")} done`, ...parts].join(", ");
    this.#cancel.hidden = this.#items.every(({ over }) => over);
    this.#clear.hidden = !this.#cancel.hidden;
    this.#keep.hidden = this.#clear.hidden || !this.#kept().length;
  }

  #kept() {
    return this.#items.filter(({ state, result }) => state === "done" && result);
  }

  #cancelAll() {
    this.#items.forEach((item) => item.cancel());
  }

  #clearAll() {
    this.#items.forEach((item) => item.release());
    this.#items = [];
    this.#list.replaceChildren();
    this.#told.textContent = "";
    this.#clear.hidden = this.#keep.hidden = true;
  }

  async #keepAll() {
    this.#keep.hidden = true;
    const sessions = await keepPhotos(this.#kept());
    const links = sessions.map(({ id, name }) => make("a", { href: `#/sessions/${id}` }, `Open ${name}`));
    this.#told.replaceChildren("Kept. ", ...links);
  }
}
