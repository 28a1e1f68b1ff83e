import { make } from "../dom.js";

const SVG = "http://www.w3.org/2000/svg";
const SPRITE = document.getElementById("icons") ? "" : "/page/icons.svg"; // a page of one file has them within

/** Where an icon of icons.svg is. @param {string} name */
export const iconHref = (name) => `${SPRITE}#${name}`;

/**
 * An icon of icons.svg, hidden from screen readers.
 *
 * @param {string} name such as "camera".
 */
export function makeIcon(name) {
  const icon = document.createElementNS(SVG, "svg"), use = document.createElementNS(SVG, "use");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  use.setAttribute("href", iconHref(name));
  icon.append(use);
  return icon;
}

/**
 * @typedef {object} ButtonOptions
 * @property {(event: MouseEvent) => void} [onclick]
 * @property {string} [icon] of icons.svg.
 * @property {string} [kind] classes: "primary" (one a view at a time), "quiet", "danger", "link", "big".
 * @property {boolean} [iconOnly] the text is for screen readers and the tooltip.
 * @property {string} [keys] of the keyboard, as aria-keyshortcuts names them; shown in the tooltip.
 * @property {string} [label] for screen readers, where the text alone does not say enough.
 */

/** A button. @param {string} text @param {ButtonOptions} [options] */
export function makeButton(text, { onclick, icon, kind = "", iconOnly = false, keys, label } = {}) {
  const title = [iconOnly ? text : "", keys ? `(${keys})` : ""].filter(Boolean).join(" ");
  return make("button", { type: "button", class: iconOnly ? `${kind} icon-only` : kind, onclick,
    "aria-label": label ?? (iconOnly ? text : null), "aria-keyshortcuts": keys, title: title || null },
  icon ? makeIcon(icon) : null, ...(iconOnly ? [] : [make("span", {}, text)]));
}

/** A button of an icon alone. @param {string} text @param {string} icon @param {() => void} onclick @param {string} [keys] */
export const makeIconButton = (text, icon, onclick, keys) =>
  makeButton(text, { icon, onclick, keys, kind: "quiet", iconOnly: true });

/**
 * Changes what a button says; screen readers and the tooltip follow.
 *
 * @param {HTMLButtonElement} button of `makeButton`.
 * @param {string} text
 * @param {string} [icon]
 */
export function relabel(button, text, icon) {
  const span = button.querySelector("span"), keys = button.getAttribute("aria-keyshortcuts");
  if (span) span.textContent = text;
  else {
    button.setAttribute("aria-label", text);
    button.title = keys ? `${text} (${keys})` : text;
  }
  if (icon) button.querySelector("use")?.setAttribute("href", iconHref(icon));
}

/** A link that looks like a button. @param {string} text @param {string} href @param {{icon?: string, kind?: string, download?: boolean, label?: string}} [options] */
export function makeLinkButton(text, href, { icon, kind = "", download = false, label } = {}) {
  return make("a", { class: `button ${kind}`, href, download, "aria-label": label }, icon ? makeIcon(icon) : null, text);
}
