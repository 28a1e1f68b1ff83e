import * as analyze from "./analyze/view.js";
import * as coding from "./coding/view.js";
import { make } from "./dom.js";
import * as home from "./home/view.js";
import * as live from "./live/view.js";
import { notify, notifyError, watchConnection } from "./notices.js";
import { listenForKeys, makeTools } from "./panel/tools.js";
import * as sessions from "./sessions/view.js";
import { followTheme } from "./settings.js";

/**
 * What a view gets besides its element.
 *
 * @typedef {object} Context
 * @property {string[]} path what follows the view's name in the address: ["12"] in #/sessions/12.
 * @property {(text: string, kind?: "note"|"alert", undo?: () => unknown) => void} notify shows a toast.
 * @property {(place: string) => void} go opens another place of the page, such as "/sessions/12".
 * @property {(files: File[]) => void} analyze opens Analyze with these files.
 */

/**
 * Fills an element with a view; returns a function that releases all that the view holds.
 *
 * @typedef {(root: HTMLElement, context: Context) => () => void} Mount
 */

/** @type {Record<string, {title: string, mount: Mount}>} */
const VIEWS = {
  home: { title: "Start", mount: home.mount },
  live: { title: "Live", mount: live.mount },
  analyze: { title: "Analyze", mount: analyze.mount },
  sessions: { title: "Sessions", mount: sessions.mount },
  code: { title: "Code", mount: coding.mount }, // of a server with a study; it prints this address
};

const root = /** @type {HTMLElement} */ (document.getElementById("view"));
/** @param {string} place */
const go = (place) => { location.hash = place; };
/** @param {File[]} files */
const analyzeFiles = (files) => {
  if (!files.length) return;
  analyze.addFiles(files);
  go("/analyze");
};
let unmount = () => {};

function open() {
  const [name, ...path] = location.hash.replace(/^#\/?/, "").split("/");
  if (!Object.hasOwn(VIEWS, name)) {
    location.replace("#/home");
    return;
  }
  unmount();
  markTab(name);
  const element = make("div", { class: name });
  root.replaceChildren(element);
  unmount = VIEWS[name].mount(element, { path, notify, go, analyze: analyzeFiles });
}

/** @param {string} name */
function markTab(name) {
  document.title = `${VIEWS[name].title} · Mien Studio`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // the address holds the view
  root.focus();
});
addEventListener("hashchange", () => {
  open();
  root.focus({ preventScroll: true });
});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault(); // the notice takes its place
  notifyError(event.reason);
});
followTheme();
document.getElementById("tools")?.append(...makeTools());
listenForKeys();
watchConnection();
open();
