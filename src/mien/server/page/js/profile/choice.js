import { makeChoice } from "../dom.js";
import { tellFailure } from "../notices.js";
import { profile } from "./current.js";

/**
 * The choice of a profile, the same in every view.
 *
 * @param {AbortSignal} [signal] ends its listening, where its view does not last.
 * @returns {HTMLElement}
 */
export function makeProfileChoice(signal) {
  const choose = (name) => profile.choose(name).catch(tellFailure);
  const { element, select, fill } = makeChoice("Profile", choose);
  const show = () => {
    const named = profile.names.map((name) => ({ value: name, text: name }));
    fill([{ value: "", text: "none" }, ...named], profile.name);
  };
  profile.addEventListener("listed", show, { signal });
  profile.addEventListener("chosen", () => { select.value = profile.name; }, { signal });
  profile.addEventListener("held", () => { select.disabled = profile.held; }, { signal });
  show();
  return element;
}
