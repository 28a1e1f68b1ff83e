import * as analyze from "./analyze/view.js";
import { make } from "./dom.js";
import * as live from "./live/view.js";
import { tell, tellFailure, watchConnection } from "./notices.js";
import * as sessions from "./sessions/view.js";

/**
 * What a view gets besides its place in the page.
 *
 * @typedef {object} Context
 * @property {string[]} path what follows the view's name in the address: ["12"] in #/sessions/12.
 * @property {(text: string, kind?: "note"|"alert") => void} tell shows a sentence above the view.
 * @property {(place: string) => void} go opens another place of the page, such as "/sessions/12".
 */

/**
 * A view exports `mount(root, context)`, which fills the element and returns a function that
 * releases all it holds.
 */
const VIEWS = {
  live: { title: "Live", mount: live.mount },
  analyze: { title: "Analyze", mount: analyze.mount },
  sessions: { title: "Sessions", mount: sessions.mount },
};

const root = document.getElementById("view");
const go = (place) => { location.hash = place; };
let unmount = () => {};

function open() {
  const [name, ...path] = location.hash.replace(/^#\/?/, "").split("/");
  if (!Object.hasOwn(VIEWS, name)) {
    location.replace("#/live");
    return;
  }
  unmount();
  markTab(name);
  const place = make("div", { class: name });
  root.replaceChildren(place);
  unmount = VIEWS[name].mount(place, { path, tell, go });
}

function markTab(name) {
  document.title = `${VIEWS[name].title} · Mien Studio`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address holds the view
  root.focus();
});
addEventListener("hashchange", () => {
  open();
  root.focus({ preventScroll: true });
});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault(); // it is told here
  tellFailure(event.reason);
});
watchConnection();
open();
