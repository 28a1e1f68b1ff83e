import { isFree } from "../ui/keys.js";

const FIELDS = "input, textarea, select";
const PRESSABLE = "button, a, summary, video, [role='menuitem']"; // they take the space bar themselves

/**
 * Calls an action when its key is pressed outside of a field, a menu and a dialog.
 *
 * @param {AbortSignal} signal
 * @param {Record<string, () => void>} actions by key, in lower case.
 */
export function listenForKeys(signal, actions) {
  addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (event.defaultPrevented || !Object.hasOwn(actions, key)) return;
    if (event.repeat && !["+", "-", "="].includes(key)) return;
    if (!isFree(event, key === " " ? `${FIELDS}, ${PRESSABLE}` : FIELDS)) return;
    event.preventDefault();
    actions[key]();
  }, { signal });
}
