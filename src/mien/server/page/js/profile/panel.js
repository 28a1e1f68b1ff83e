import { ask } from "../api.js";
import { make } from "../dom.js";
import { Message } from "../message.js";
import { makeBegin } from "./begin.js";
import { makeProfileChoice } from "./choice.js";
import { profile } from "./current.js";
import { makeVersions } from "./versions.js";
import { makeWorth } from "./worth.js";

/**
 * The card of the profile: which one, what it has learned, what that is worth, and taking it back.
 *
 * @param {AbortSignal} signal ends it with its view.
 * @returns {HTMLElement}
 */
export function makeProfilePanel(signal) {
  const told = new Message(), body = make("div");
  const attempt = async (work) => {
    told.say("");
    await work().catch((error) => told.say(error.message, "alert"));
  };
  const show = () => {
    const open = body.querySelector("details")?.open;
    body.replaceChildren(...(profile.detail ? makeDetail(profile.detail, open, attempt) : []));
  };
  profile.addEventListener("changed", show, { signal });
  profile.addEventListener("held", show, { signal });
  show();
  attempt(() => profile.load());
  return make("section", { class: "card profile", "aria-labelledby": "profile-title" },
    make("h2", { id: "profile-title" }, "What you taught"), makeProfileChoice(signal), body,
    make("details", {}, make("summary", {}, "Begin another profile"), makeBegin(attempt, signal)), told.element);
}

function makeDetail(detail, open, attempt) {
  const undo = make("button", { type: "button", disabled: !detail.corrections,
    onclick: () => attempt(() => profile.change("/undo")) }, "Undo the last correction");
  const goBack = (version) => attempt(() => profile.change("/rollback", { version }));
  return [
    ...makeWorth(detail),
    make("div", { class: "row" }, undo, makeKeep()),
    make("details", { open }, make("summary", {}, "Versions, export, deletion"),
      makeVersions(detail.versions, goBack), makeEnd(detail, attempt)),
  ];
}

function makeKeep() {
  const box = make("input", { type: "checkbox", checked: profile.keepPictures,
    onchange: () => { profile.keepPictures = box.checked; } });
  return make("label", { class: "field" }, box, "Keep the faces' pictures with it");
}

function makeEnd({ name, corrections }, attempt) {
  const remove = () => attempt(async () => {
    await ask("DELETE", profile.path());
    await profile.load();
  });
  return make("div", {},
    make("a", { class: "button", href: profile.path("/export"), download: "" }, "Export to a file"),
    make("details", {}, make("summary", {}, `Delete ${name} …`),
      make("p", {}, `All ${corrections} corrections, their pictures and all versions go for good.`),
      make("button", { type: "button", class: "danger", disabled: profile.held, onclick: remove }, "Delete for good")));
}
