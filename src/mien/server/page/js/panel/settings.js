import { make } from "../dom.js";
import { openDialog } from "../ui/dialog.js";
import { makeCheckbox, makeModelChoice, makeSlider, makeThreshold } from "./choices.js";

/** Opens the panel of settings at the side. */
export function openSettings() {
  const end = new AbortController(), { signal } = end;
  const dialog = openDialog("Settings", { side: true },
    makeGroup("Recognition", ...makeModelChoice(signal), makeThreshold(signal),
      makeSlider("Smoothing", "smoothing", { max: 1, step: 0.02, format: (seconds) => `${seconds.toFixed(2)} s`, signal })),
    makeGroup("Camera", makeCheckbox("Mirror", "mirror", signal)));
  dialog.addEventListener("close", () => end.abort());
}

/** @param {string} title @param {...Node} content */
function makeGroup(title, ...content) {
  return make("section", { class: "settings-group" }, make("h3", {}, title), ...content);
}
