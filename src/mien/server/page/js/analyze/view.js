/** @import { Context } from "../app.js" */
import { Workspace } from "./workspace.js";

/** @type {?Workspace} stays while the page does: whoever opens a session comes back to the results. */
let workspace = null;

const open = () => workspace ??= new Workspace();

/**
 * Analyze: dropped photos and videos, each with its results as they come.
 *
 * @param {HTMLElement} root
 * @param {Context} context
 */
export function mount(root, { path }) {
  if (path[0] === "sample") {
    history.replaceState(null, "", "#/analyze"); // else Back would add it again
    open().addSample();
  }
  return open().mount(root);
}

/** Analyzes files that were given elsewhere, such as on the start page. @param {File[]} files */
export function addFiles(files) {
  open().add(files);
}
