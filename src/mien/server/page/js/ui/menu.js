import { make } from "../dom.js";
import { makeButton, makeIcon } from "./button.js";

/**
 * @typedef {object} MenuItem
 * @property {string} text
 * @property {string} [icon]
 * @property {() => void} [onclick]
 * @property {string} [href] of a download, in place of `onclick`.
 */

let count = 0;

/**
 * A button that opens further actions. Arrow keys move, Escape closes.
 *
 * @param {string} text of the button.
 * @param {MenuItem[]} items
 * @param {import("./button.js").ButtonOptions} [options] of the button.
 */
export function makeMenu(text, items, options = { icon: "ellipsis", kind: "quiet", iconOnly: true }) {
  const id = `menu-${++count}`, button = makeButton(text, options);
  const list = make("div", { id, popover: "auto", role: "menu", "aria-label": text },
    ...items.map((item) => makeItem(item, () => list.hidePopover())));
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("popovertarget", id);
  list.addEventListener("toggle", (event) => {
    const isOpen = /** @type {ToggleEvent} */ (event).newState === "open";
    button.setAttribute("aria-expanded", `${isOpen}`);
    if (isOpen) open(button, list);
  });
  list.addEventListener("keydown", (event) => move(event, list));
  return make("div", { class: "menu" }, button, list);
}

/** @param {MenuItem} item @param {() => void} close */
function makeItem({ text, icon, onclick, href }, close) {
  const content = [icon ? makeIcon(icon) : null, text];
  const act = () => {
    close();
    onclick?.();
  };
  return href ? make("a", { role: "menuitem", class: "button", href, download: true, tabindex: "-1", onclick: act }, ...content)
    : make("button", { role: "menuitem", type: "button", tabindex: "-1", onclick: act }, ...content);
}

/** Places the list at its button, within the window. @param {HTMLElement} button @param {HTMLElement} list */
function open(button, list) {
  const place = button.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = list;
  const below = place.bottom + 4, above = place.top - height - 4;
  list.style.left = `${Math.max(8, Math.min(place.right - width, innerWidth - width - 8))}px`;
  list.style.top = `${below + height > innerHeight && above > 0 ? above : below}px`;
  itemsOf(list)[0]?.focus();
}

/** @param {HTMLElement} list @returns {HTMLElement[]} */
const itemsOf = (list) => [...list.querySelectorAll("[role=menuitem]")].filter((item) => item instanceof HTMLElement && !item.hidden).map((item) => /** @type {HTMLElement} */ (item));

/** @param {KeyboardEvent} event @param {HTMLElement} list */
function move(event, list) {
  const items = itemsOf(list), at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const places = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1 };
  if (!Object.hasOwn(places, event.key)) return;
  event.preventDefault();
  items[places[event.key]].focus();
}
