import { make } from "../dom.js";
import { openDialog } from "../ui/dialog.js";

/** Opens what Mien can tell and what it cannot, and about it. */
export function openHelp() {
  openDialog("Help", { side: true }, make("section", {}, make("p", {}, "Mien labels visible expressions, not feelings.")));
}

/** Opens the keyboard shortcuts. */
export function openShortcuts() {
  openDialog("Keyboard shortcuts", {}, make("p", {}, "?"));
}
