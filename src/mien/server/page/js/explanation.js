/** @import { Explanation } from "./types.js" */
/** @import { FaceReference } from "./feedback.js" */
import { ask } from "./api.js";
import { make } from "./dom.js";
import { formatError, formatPercent } from "./format.js";

/**
 * The button that shows which parts of a face speak for its label; hidden for recorded faces, whose
 * images are not stored.
 *
 * @param {() => ?FaceReference} identify names the face when the button is pressed.
 */
export function makeExplanation(identify) {
  const body = make("div"), status = make("span", { class: "muted", "aria-live": "polite" });
  const button = make("button", { type: "button", class: "link", onclick: () => explain() }, "Why?");
  const element = make("div", { class: "explanation" }, button, status, body);
  const explain = async () => {
    const reference = identify();
    if (!reference || !("face_id" in reference)) return;
    status.textContent = "Hiding one part after another …";
    try {
      body.replaceChildren(makeMap(await ask("POST", "/v1/explain", { json: reference })));
      status.textContent = "";
    } catch (error) {
      status.textContent = formatError(error);
    }
  };
  const show = () => {
    const reference = identify();
    element.hidden = !reference || !("face_id" in reference);
  };
  return { element, show };
}

/** @param {Explanation} explanation */
function makeMap({ label, regions, alike, image }) {
  const parts = Object.entries(regions).map(([name, share]) => `${name} ${formatPercent(share)}`).join(", ");
  const [nearest] = Object.entries(alike).sort(([, one], [, other]) => other - one);
  const caption = `What speaks for ${label}: ${parts}.${nearest ? ` Most like the ${nearest[0]} faces it learned.` : ""}`;
  return make("figure", {},
    make("img", { src: `data:image/png;base64,${image}`, alt: `Orange where the face speaks for ${label}, blue where against it`, width: 160, height: 160 }),
    make("figcaption", {}, caption));
}
