/** @import { Item } from "./item.js" */
import { make, saveFile } from "../dom.js";
import { notify } from "../notices.js";
import { makeIconButton } from "../ui/button.js";
import { openDialog } from "../ui/dialog.js";
import { drawAnnotated, nameAnnotated } from "./annotated.js";
import { makeSheet } from "./sheet.js";

/**
 * @typedef {object} DetailOptions
 * @property {(item: Item, steps: number) => ?Item} neighbour the next or previous file.
 * @property {(item: Item) => string} placeOf such as "3 of 27".
 * @property {(item: Item) => void} onRemove
 * @property {(item: Item) => void} onRetry
 * @property {(item: Item) => void} onClose with the file that was shown last.
 * @property {AbortSignal} signal closes it.
 */

/** A dialog that shows one file after another in large. Arrow keys go to the next and the previous one. */
export class Detail {
  /** @type {Item} */
  #item;
  /** @type {DetailOptions} */
  #options;
  /** @type {HTMLDialogElement} */
  #dialog;
  /** @type {HTMLHeadingElement} */
  #heading;
  /** @type {?ReturnType<typeof makeSheet>} */
  #sheet = null;
  #place = make("span", { class: "muted small number" });
  #previous = makeIconButton("Previous", "chevron-left", () => this.#go(-1), "ArrowLeft");
  #next = makeIconButton("Next", "chevron-right", () => this.#go(1), "ArrowRight");
  #download = makeIconButton("Download image", "download", () => downloadImage(this.#item));
  #remove = makeIconButton("Remove", "trash-2", () => this.#removeItem(), "Delete");
  #close = makeIconButton("Close", "x", () => this.#dialog.close());
  #body = make("div", { class: "detail-body" });

  /** @param {Item} item @param {DetailOptions} options */
  constructor(item, options) {
    this.#item = item;
    this.#options = options;
    const tools = [this.#place, this.#previous, this.#next, this.#download, this.#remove, this.#close];
    this.#dialog = openDialog(item.name, { signal: options.signal }, make("div", { class: "toolbar" }, ...tools), this.#body);
    this.#heading = /** @type {HTMLHeadingElement} */ (this.#dialog.querySelector("h2"));
    this.#heading.dir = "auto";
    this.#dialog.classList.add("detail");
    this.#dialog.addEventListener("keydown", (event) => this.#press(event));
    this.#dialog.addEventListener("close", () => {
      this.#sheet?.release();
      options.onClose(this.#item);
    });
    this.#open(item);
    this.#next.focus();
    this.#keepFocus();
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** Shows what changed, if it is about the open file. @param {Item} item */
  update(item) {
    if (item !== this.#item) return;
    this.#sheet?.show();
    this.#download.hidden = !item.result;
  }

  /** @param {Item} item */
  #open(item) {
    this.#sheet?.release();
    this.#item = item;
    this.#heading.textContent = this.#heading.title = item.name;
    this.#sheet = makeSheet(item, () => this.#options.onRetry(item));
    this.#body.replaceChildren(...this.#sheet.elements);
    this.#download.hidden = !item.result;
    this.#showPlace();
  }

  #showPlace() {
    const { neighbour, placeOf } = this.#options;
    this.#place.textContent = placeOf(this.#item);
    this.#previous.disabled = !neighbour(this.#item, -1);
    this.#next.disabled = !neighbour(this.#item, 1);
    this.#keepFocus();
  }

  /** A button that was pressed, and can be no longer, would lose the keyboard. */
  #keepFocus() {
    const { activeElement } = document;
    if (!this.#dialog.contains(activeElement) || activeElement?.matches(":disabled")) this.#close.focus();
  }

  /** @param {number} steps */
  #go(steps) {
    const item = this.#options.neighbour(this.#item, steps);
    if (item) this.#open(item);
  }

  #removeItem() {
    const { neighbour, onRemove } = this.#options, removed = this.#item;
    const other = neighbour(removed, 1) ?? neighbour(removed, -1);
    if (other) this.#open(other);
    onRemove(removed);
    if (other) this.#showPlace();
    else this.#dialog.close();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || target instanceof HTMLVideoElement) return; // a video seeks by the arrows
    if (key === "ArrowLeft") this.#go(-1);
    else if (key === "ArrowRight") this.#go(1);
    else if (key === "Delete") this.#removeItem();
    else return;
    event.preventDefault();
  }
}

/** @param {Item} item */
async function downloadImage(item) {
  const image = await drawAnnotated(item);
  if (image) saveFile(image, nameAnnotated(item));
  else notify("This browser cannot display the image.", "alert");
}
