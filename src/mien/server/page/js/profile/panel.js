/** @import { Figures, ProfileDetail, ProfileVersion } from "../types.js" */
import { ask } from "../api.js";
import { make } from "../dom.js";
import { capitalize, formatCount, formatError, formatPercent } from "../format.js";
import { StatusLine } from "../notices.js";
import { makeProfileChoice, profile } from "./current.js";

/** @typedef {(action: () => Promise<void>) => Promise<void>} Attempt shows why an action failed. */

const GENERALIZES = "Your corrections apply to all faces.";
const SIMILAR_ONLY = "So far this affects only very similar faces. "
  + "After more corrections it applies to all faces.";
/** @type {Record<string, string>} */
const CAUSES = { teach: "correction", undo: "undo", rollback: "restored", upgrade: "updated for a new model" };

/**
 * The card of the personal profile: choose, create, import; its accuracy; undo, export, delete.
 *
 * @param {AbortSignal} signal stops its listeners.
 */
export function makeProfilePanel(signal) {
  const status = new StatusLine(), body = make("div");
  /** @type {Attempt} */
  const attempt = async (action) => {
    status.show("");
    await action().catch((error) => status.show(formatError(error), "alert"));
  };
  const show = () => {
    const isOpen = body.querySelector("details")?.open ?? false;
    body.replaceChildren(...(profile.detail ? makeDetail(profile.detail, isOpen, attempt) : []));
  };
  profile.addEventListener("changed", show, { signal });
  profile.addEventListener("locked", show, { signal });
  show();
  attempt(() => profile.load());
  return make("section", { class: "group profile", "aria-labelledby": "profile-title" },
    make("h3", { id: "profile-title" }, "Personal profile"), makeProfileChoice(signal), body,
    make("details", {}, make("summary", {}, "New profile"), makeCreation(attempt, signal)), status.element);
}

/** @param {ProfileDetail} detail @param {boolean} isOpen @param {Attempt} attempt */
function makeDetail(detail, isOpen, attempt) {
  const undo = make("button", { type: "button", disabled: !detail.corrections,
    onclick: () => attempt(() => profile.change("/undo")) }, "Undo last correction");
  const box = make("input", { type: "checkbox", checked: profile.saveCrops,
    onchange: () => { profile.saveCrops = box.checked; } });
  return [
    ...makeAccuracy(detail),
    make("div", { class: "row" }, undo, make("label", { class: "field" }, box, "Also save face crops")),
    make("details", { open: isOpen }, make("summary", {}, "Manage profile"),
      makeVersions(detail.versions, attempt), makeManagement(detail, attempt)),
  ];
}

/** How many corrections there are, and what they achieve. @param {ProfileDetail} detail */
function makeAccuracy({ name, corrections, figures }) {
  if (!figures) {
    return [make("p", {}, `${name} has no corrections yet. To add one, choose the right label below a face.`)];
  }
  const parts = [
    make("p", {}, `${name} has learned from ${formatCount(corrections, "correction")}.`),
    make("p", {}, figures.gate_open ? GENERALIZES : SIMILAR_ONLY),
    makeTable(figures),
  ];
  if (figures.drift) parts.push(make("p", { class: "drift" }, capitalize(figures.drift)));
  return parts;
}

/** @param {Figures} figures */
function makeTable({ samples, base_accuracy, adapted_accuracy, base_log_loss, adapted_log_loss }) {
  /** @param {string} title @param {...string} cells */
  const row = (title, ...cells) => make("tr", {}, make("th", { scope: "row" }, title),
    ...cells.map((cell) => make("td", {}, cell)));
  const head = ["", "Before", "After"].map((text) => make("th", { scope: "col" }, text));
  return make("table", {},
    make("caption", {}, `Accuracy on your ${formatCount(samples, "correction")} (cross-validated)`),
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, row("Accuracy", formatPercent(base_accuracy), formatPercent(adapted_accuracy)),
      row("Log loss", base_log_loss.toFixed(2), adapted_log_loss.toFixed(2))));
}

/**
 * A profile's versions, the newest first, each with a button that restores it.
 *
 * @param {ProfileVersion[]} versions
 * @param {Attempt} attempt
 */
function makeVersions(versions, attempt) {
  const rows = versions.map((version, index) => {
    const restore = () => attempt(() => profile.change("/rollback", { version: version.number }));
    const button = make("button", { type: "button", class: "link", onclick: restore,
      "aria-label": `Restore version ${version.number}` }, "Restore");
    return make("li", {}, `${formatVersion(version)} · `, index === versions.length - 1 ? "current" : button);
  });
  return make("ol", { class: "versions" }, ...rows.reverse());
}

/** @param {ProfileVersion} version */
function formatVersion({ number, created, cause, corrections, gate_open: generalizes }) {
  const when = new Date(created * 1000).toLocaleString("en-GB", { dateStyle: "short", timeStyle: "short" });
  return [`Version ${number}`, CAUSES[cause] ?? cause, when, formatCount(corrections, "correction"),
    generalizes ? "all faces" : "similar faces only"].join(" · ");
}

/** @param {ProfileDetail} detail @param {Attempt} attempt */
function makeManagement({ name, corrections }, attempt) {
  const remove = () => attempt(async () => {
    await ask("DELETE", profile.path());
    await profile.load();
  });
  return make("div", {},
    make("a", { class: "button", href: profile.path("/export"), download: "" }, "Export profile"),
    make("details", {}, make("summary", {}, `Delete ${name} …`),
      make("p", {}, `This permanently deletes ${formatCount(corrections, "correction")}, `
        + "their face crops and all versions."),
      make("button", { type: "button", class: "danger", disabled: profile.isLocked, onclick: remove },
        "Delete permanently")));
}

/**
 * Creates a profile by its name, or imports an exported one.
 *
 * @param {Attempt} attempt
 * @param {AbortSignal} signal
 */
function makeCreation(attempt, signal) {
  const fieldset = make("fieldset", {}, makeNameForm(attempt), makeImport(attempt));
  const show = () => { fieldset.disabled = profile.isLocked; };
  profile.addEventListener("locked", show, { signal });
  show();
  return fieldset;
}

/** @param {Attempt} attempt */
function makeNameForm(attempt) {
  const name = make("input", { type: "text", maxlength: 64, required: true });
  const create = async () => {
    const created = await ask("POST", "/v1/profiles", { json: { name: name.value.trim() } });
    name.value = ""; // at once, for the next name may be typed while this profile opens
    await open(created);
  };
  return make("form", { class: "row", onsubmit: (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    attempt(create);
  } }, make("label", { class: "field" }, "Name", name), make("button", {}, "Create profile"));
}

/** @param {Attempt} attempt */
function makeImport(attempt) {
  const input = make("input", { type: "file", accept: ".mien-profile", onchange: () => {
    const body = input.files?.[0];
    input.value = ""; // so that the same file can be chosen again
    attempt(async () => open(await ask("POST", "/v1/profiles/import", { body })));
  } });
  return make("label", { class: "field" }, "or import from a file", input);
}

/** @param {{name: string}} created */
async function open({ name }) {
  await profile.choose(name);
  await profile.load();
}
