import { ApiError, ask, retry } from "../../api.js";
import { make } from "../../dom.js";
import { formatSize } from "../../facts.js";
import { formatCount } from "../../format.js";
import { openSettings } from "../../panel/settings.js";
import { makeButton } from "../../ui/button.js";

/** @typedef {{sessions: number, bytes: number, free_bytes: number, keep_days: ?number}} Storage */

/** How many sessions there are, and the space that they take. @param {AbortSignal} signal */
export function makeStorage(signal) {
  const text = make("span", {}), element = make("p", { class: "row muted storage", hidden: true }, text,
    makeButton("Storage settings", { kind: "link", onclick: () => openSettings() }));
  const load = async () => {
    try {
      const storage = await retry(() => ask("GET", "/v1/storage"), { signal });
      text.textContent = formatStorage(storage);
      element.hidden = false;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // the list works without
    }
  };
  load();
  return { element, load };
}

/** @param {Storage} storage */
function formatStorage({ sessions, bytes, free_bytes, keep_days }) {
  const kept = keep_days ? `deleted after ${formatCount(keep_days, "day")}` : "kept until you delete them";
  return `${formatCount(sessions, "session")}, ${formatSize(bytes)}; ${formatSize(free_bytes)} free; ${kept}`;
}
