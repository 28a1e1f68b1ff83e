import { makeBars } from "../bars.js";
import { make } from "../dom.js";
import { makeFeedback } from "../feedback.js";
import { count } from "../format.js";

const PAGE = 50; // photos asked for at a time

/** What was seen in each photo of a session. The photos themselves are not stored. */
export function makePhotos(model) {
  const list = make("ul", { class: "photos" });
  const more = make("button", { type: "button", hidden: true, onclick: () => load() }, "Show more");
  let after = -1, loading = false;
  const load = async () => {
    if (loading) return;
    loading = true;
    try {
      show(await model.get("/frames", { after, limit: PAGE }));
    } finally {
      loading = false;
    }
  };
  const show = (page) => {
    if (!page) return;
    list.append(...page.frames.map(makePhoto));
    after = page.frames.at(-1)?.frame ?? after;
    more.hidden = page.next === null;
  };
  model.on("stale", () => { if (more.hidden) load(); });
  return make("section", {}, list, more);
}

function makePhoto({ source, frame, faces }) {
  const shown = faces.map((face, at) => {
    const bars = makeBars(`Face ${at + 1}`);
    bars.show(face);
    return make("div", {}, bars.element, makeFeedback(() => ({ face: face.id })));
  });
  return make("li", { class: "card" }, make("h2", {}, source ?? `Photo ${frame + 1}`),
    make("p", { class: "quiet" }, count(faces.length, "face")), make("div", { class: "pair" }, ...shown));
}
