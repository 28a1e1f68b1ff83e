/** @import { Item } from "./item.js" */
import { make } from "../dom.js";
import { makeButton, makeLinkButton } from "../ui/button.js";

/**
 * The buttons for a file in its present state: cancel, retry, open its session.
 *
 * @param {Item} item
 * @param {() => void} onRetry
 */
export function makeActions(item, onRetry) {
  const element = make("div", { class: "actions" }), { name } = item;
  const cancel = makeButton("Cancel", { label: `Cancel ${name}`, onclick: () => item.cancel() });
  const retry = makeButton("Retry", { icon: "refresh-cw", label: `Retry ${name}`, onclick: onRetry });
  const link = makeLinkButton("Open session", "", { icon: "layers", label: `Open session of ${name}` });
  element.append(cancel, retry, link);
  const show = () => {
    cancel.hidden = item.isOver || !item.isVideo; // a photo takes a moment
    retry.hidden = !item.isRetryable;
    link.hidden = item.session === null;
    link.href = `#/sessions/${item.session}`;
    element.hidden = cancel.hidden && retry.hidden && link.hidden;
  };
  return { element, show, controls: [cancel, retry, link] };
}
