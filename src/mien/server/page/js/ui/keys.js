/**
 * Whether a key is free for a shortcut: no modifier, no dialog or menu is open, and what has the focus
 * does not take the key itself.
 *
 * @param {KeyboardEvent} event
 * @param {string} takers a selector of the elements that take it.
 */
export function isFree({ ctrlKey, metaKey, altKey, target }, takers) {
  if (ctrlKey || metaKey || altKey || document.querySelector("dialog[open], :popover-open")) return false;
  return !(target instanceof Element && target.closest(takers));
}

/** Fields that letters are typed in. */
export const TYPING = "input:not([type=range], [type=checkbox]), textarea, select";
