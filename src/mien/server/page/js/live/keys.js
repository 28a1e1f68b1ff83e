import { isFree, TYPING } from "../ui/keys.js";

const PRESSED_BY_SPACE = "button, a, summary, input";

/**
 * Presses the button of a view whose `aria-keyshortcuts` names the key, where it can be pressed and
 * nothing is typed.
 *
 * @param {HTMLElement} view
 * @param {AbortSignal} signal stops it.
 */
export function listenForShortcuts(view, signal) {
  addEventListener("keydown", (event) => {
    const { key, repeat } = event;
    if (repeat || !isFree(event, key === " " ? PRESSED_BY_SPACE : TYPING)) return;
    const name = key === " " ? "Space" : key.toUpperCase();
    const buttons = [...view.querySelectorAll(`button[aria-keyshortcuts="${CSS.escape(name)}"]`)];
    const button = buttons.find((found) => found.checkVisibility());
    if (!(button instanceof HTMLButtonElement) || button.disabled) return;
    event.preventDefault(); // space would scroll
    button.click();
  }, { signal });
}
