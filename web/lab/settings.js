/** @import { Lab } from "./main.js" */
import { make } from "../../src/mien/server/page/js/dom.js";
import { formatError } from "../../src/mien/server/page/js/format.js";
import { makeButton } from "../../src/mien/server/page/js/ui/button.js";
import { openDialog } from "../../src/mien/server/page/js/ui/dialog.js";

/** Opens the panel: the personal profile and the model. @param {Lab} lab */
export function openSettings(lab) {
  const profile = make("p", { class: "muted" }), model = make("p", { class: "muted" });
  const problem = make("p", { role: "alert" });
  const remove = makeButton("Remove profile", { onclick: () => attempt(() => lab.useProfile(null)) });
  const show = () => {
    profile.textContent = lab.profileName || "None";
    model.textContent = lab.modelName;
    remove.hidden = !lab.profileName;
  };
  const attempt = async (/** @type {() => Promise<void>} */ change) => {
    problem.textContent = "";
    try {
      await change();
    } catch (error) {
      problem.textContent = formatError(error);
    }
    show();
  };
  const choose = (/** @type {string} */ text, /** @type {string} */ accept, /** @type {(file: File) => Promise<void>} */ use) => {
    const input = make("input", { type: "file", accept, hidden: true, "aria-label": text, onchange: () => {
      const [file] = input.files ?? [];
      input.value = "";
      if (file) attempt(() => use(file));
    } });
    return make("span", {}, makeButton(text, { icon: "folder-open", onclick: () => input.click() }), input);
  };
  const change = (/** @type {File} */ file) => {
    if (lab.isBusy) throw new Error("Stop the camera and the analysis of files first.");
    return lab.useModel(file);
  };
  show();
  openDialog("Settings", { side: true },
    make("section", {}, make("h3", {}, "Personal profile"), profile,
      make("div", { class: "row" }, choose("Open profile", "", (file) => lab.useProfile(file)), remove),
      make("p", { class: "muted small" }, "A file that mien profile export wrote for this model.")),
    make("section", {}, make("h3", {}, "Model"), model,
      make("div", { class: "row" }, choose("Open model file", ".onnx", async (file) => change(file))),
      make("p", { class: "muted small" }, "A model that Mien trained, as an ONNX file.")),
    make("section", {}, make("h3", {}, "Keys"),
      make("p", {}, make("kbd", {}, "R"), " record, ", make("kbd", {}, "M"), " add a marker, ", make("kbd", {}, "I"),
        " start or end an interval")),
    problem);
}
