/** @import { Session } from "../types.js" */
/** @import { Context } from "../app.js" */
import { ask, retry } from "../api.js";
import { make } from "../dom.js";
import { formatFacts } from "../facts.js";
import { makeIcon, makeLinkButton } from "../ui/button.js";
import { makeFileButton } from "../ui/files.js";

const RECENT = 5; // sessions
const TRIES = 3;

/**
 * The start: three ways in, and the last sessions.
 *
 * @param {HTMLElement} root
 * @param {Context} context
 */
export function mount(root, { analyze }) {
  const end = new AbortController();
  const recent = make("section", { class: "recent", hidden: true, "aria-labelledby": "recent-title" });
  root.append(make("h1", {}, "Read the expression on a face"),
    make("p", { class: "lead" }, "In photos, videos and live, on this computer. Nothing is uploaded, nothing is saved unless you ask."),
    make("div", { class: "ways" },
      makeWay("camera", "Start camera", "See the expression of everybody in view, live. The camera's images are not saved.",
        makeLinkButton("Start camera", "#/live/start", { icon: "video", kind: "primary big" })),
      makeWay("images", "Drop files", "Photos, videos or whole folders. The results stay in this page until you save them.",
        makeFileButton(root, analyze, { text: "Choose files", icon: "folder-open", kind: "big" })),
      makeWay("clapperboard", "Try the sample", "A short drawn clip that comes with Mien: no camera, no files. Nothing is saved.",
        makeLinkButton("Try the sample", "#/live/sample", { icon: "play", kind: "big" }))),
    recent);
  showRecent(recent, end.signal);
  return () => end.abort();
}

/**
 * @param {string} icon
 * @param {string} title
 * @param {string} text
 * @param {HTMLElement} action
 */
function makeWay(icon, title, text, action) {
  return make("section", { class: "card way" }, makeIcon(icon), make("h2", {}, title), make("p", { class: "muted" }, text), action);
}

/** @param {HTMLElement} element @param {AbortSignal} signal */
async function showRecent(element, signal) {
  /** @type {{sessions: Session[]}} */
  const { sessions } = await retry(() => ask("GET", "/v1/sessions", { query: { limit: RECENT } }), { signal, tries: TRIES });
  if (signal.aborted || !sessions.length) return;
  element.hidden = false;
  element.append(make("h2", { id: "recent-title" }, "Continue"),
    make("ul", {}, ...sessions.map((session) => make("li", {},
      make("a", { href: `#/sessions/${session.id}` }, session.name),
      make("span", { class: "muted" }, formatFacts(session))))),
    make("a", { href: "#/sessions" }, "All sessions"));
}
