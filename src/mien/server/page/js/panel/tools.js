import { makeIconButton } from "../ui/button.js";
import { isFree, TYPING } from "../ui/keys.js";
import { openHelp, openShortcuts } from "./help.js";
import { openSettings } from "./settings.js";

/** The buttons at the end of the top bar. */
export function makeTools() {
  const open = makeIconButton("Settings", "settings", () => openSettings());
  open.dataset.hint = "settings";
  return [makeIconButton("Help", "circle-question-mark", () => openHelp()), open];
}

/** "?" shows the keyboard shortcuts, "," the settings, wherever nothing is typed. */
export function listenForKeys() {
  addEventListener("keydown", (event) => {
    if (!isFree(event, TYPING)) return;
    if (event.key === "?") openShortcuts();
    if (event.key === ",") openSettings();
  });
}
