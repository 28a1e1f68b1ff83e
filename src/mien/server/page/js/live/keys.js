const TYPING = "input:not([type=range], [type=checkbox]), textarea, select";
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
    const { key, target, ctrlKey, metaKey, altKey, repeat } = event;
    if (ctrlKey || metaKey || altKey || repeat || document.querySelector("dialog[open]")) return;
    if (target instanceof Element && target.closest(key === " " ? PRESSED_BY_SPACE : TYPING)) return;
    const name = key === " " ? "Space" : key.toUpperCase();
    const buttons = [...view.querySelectorAll(`button[aria-keyshortcuts="${CSS.escape(name)}"]`)];
    const button = buttons.find((found) => found.checkVisibility());
    if (!(button instanceof HTMLButtonElement) || button.disabled) return;
    event.preventDefault(); // space would scroll
    button.click();
  }, { signal });
}
