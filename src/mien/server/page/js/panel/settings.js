import { listCameras } from "../cameras.js";
import { make, makeChoice } from "../dom.js";
import { makeProfilePanel } from "../profile/panel.js";
import { settings } from "../settings.js";
import { makeButton } from "../ui/button.js";
import { openDialog } from "../ui/dialog.js";
import { forgetTour } from "../ui/tour.js";
import { makeCheckbox, makeEngineSwitch, makeModelChoice, makePortraitsChoice, makeSlider, makeThreshold } from "./choices.js";
import { makeDevices, makeStorage } from "./server.js";

const THEMES = /** @type {const} */ ({ system: "As the system", light: "Light", dark: "Dark" });
const LONGEST_SMOOTHING = 1; // seconds

/** Opens all settings in a panel at the side. */
export function openSettings() {
  const end = new AbortController(), { signal } = end;
  const dialog = openDialog("Settings", { side: true },
    makeGroup("Recognition", ...makeModelChoice(signal), makeThreshold(signal), makeSmoothing(signal),
      makeEngineSwitch(signal)),
    makeGroup("Camera", makeCameraChoice(signal), makeCheckbox("Mirror", "mirror", signal)),
    makeGroup("Saving", makeCheckbox("Save analyzed videos for playback", "saveVideos", signal),
      makePortraitsChoice("Save a small image of each person with a recording", signal), makeStorage()),
    makeProfilePanel(signal),
    makeGroup("Other devices", makeDevices()),
    makeGroup("Appearance", makeThemeChoice(), makeTourButton()));
  dialog.addEventListener("close", () => end.abort());
}

/** @param {string} title @param {...Node} content */
function makeGroup(title, ...content) {
  const id = `settings-${title.toLowerCase().replaceAll(" ", "-")}`;
  return make("section", { class: "group", "aria-labelledby": id }, make("h3", { id }, title), ...content);
}

/** A recording in this browser keeps its smoothing: another one would count its people anew. @param {AbortSignal} signal */
function makeSmoothing(signal) {
  const element = makeSlider("Smoothing in Live", "smoothing",
    { max: LONGEST_SMOOTHING, step: 0.02, format: (seconds) => `${seconds.toFixed(2)}\u00a0s`, signal });
  const slider = element.querySelector("input");
  const lock = () => { if (slider) slider.disabled = settings.isLocked && settings.values.inBrowser; };
  settings.addEventListener("locked", lock, { signal });
  lock();
  return element;
}

/** The camera; the list follows what is plugged in. @param {AbortSignal} signal */
function makeCameraChoice(signal) {
  const { element, fill } = makeChoice("Camera", (camera) => settings.change({ camera }));
  const show = async () => {
    const cameras = (await listCameras()).map(({ deviceId, label }) => ({ value: deviceId, text: label }));
    fill([{ value: "", text: "Default camera" }, ...cameras], settings.values.camera);
  };
  navigator.mediaDevices?.addEventListener("devicechange", show, { signal });
  settings.on(["camera"], show, signal);
  show();
  return element;
}

function makeThemeChoice() {
  const { element, fill } = makeChoice("Colours",
    (theme) => settings.change({ theme: /** @type {keyof typeof THEMES} */ (theme) }));
  fill(Object.entries(THEMES).map(([value, text]) => ({ value, text })), settings.values.theme);
  return element;
}

function makeTourButton() {
  const button = makeButton("Show the hints again", { icon: "sparkles", onclick: () => {
    forgetTour();
    button.disabled = true;
    button.textContent = "The hints come back in Live";
  } });
  return button;
}
