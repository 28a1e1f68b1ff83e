import { makeButton } from "../ui/button.js";
import { openHelp, openShortcuts } from "./help.js";
import { openSettings } from "./settings.js";

/** The buttons at the end of the top bar. */
export function makeTools() {
  const open = makeButton("Settings", { icon: "settings", kind: "quiet", iconOnly: true, onclick: () => openSettings() });
  open.dataset.hint = "settings";
  return [makeButton("Help", { icon: "circle-question-mark", kind: "quiet", iconOnly: true, onclick: () => openHelp() }), open];
}

/** "?" shows the keyboard shortcuts, "," the settings, wherever nothing is typed. */
export function listenForKeys() {
  addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    const isTyping = target instanceof Element && target.closest("input:not([type=range], [type=checkbox]), textarea, select");
    if (isTyping || ctrlKey || metaKey || altKey || document.querySelector("dialog[open]")) return;
    if (key === "?") openShortcuts();
    if (key === ",") openSettings();
  });
}
