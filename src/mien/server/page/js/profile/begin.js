import { ask } from "../api.js";
import { make } from "../dom.js";
import { profile } from "./current.js";

/**
 * Begins a profile: a new one by its name, or one that was exported.
 *
 * @param {(work: () => Promise<void>) => void} attempt runs what may be refused, and tells so.
 * @param {AbortSignal} signal ends it with its view.
 * @returns {HTMLElement}
 */
export function makeBegin(attempt, signal) {
  const name = make("input", { type: "text", maxlength: 64, required: true });
  const form = make("form", { class: "row" }, make("label", { class: "field" }, "Name", name),
    make("button", {}, "Begin a profile"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      const begun = await ask("POST", "/v1/profiles", { json: { name: name.value.trim() } });
      name.value = ""; // at once, for the next name may be typed while this profile opens
      await open(begun);
    });
  });
  const file = make("input", { type: "file", accept: ".mien-profile", onchange: () => attempt(async () => {
    const [body] = file.files;
    file.value = ""; // the same file may be chosen again
    await open(await ask("POST", "/v1/profiles/import", { body }));
  }) });
  const all = make("fieldset", {}, form,
    make("label", { class: "field" }, "or take one that was exported", file));
  const show = () => { all.disabled = profile.held; };
  profile.addEventListener("held", show, { signal });
  show();
  return all;
}

async function open({ name }) {
  await profile.choose(name);
  await profile.load();
}
