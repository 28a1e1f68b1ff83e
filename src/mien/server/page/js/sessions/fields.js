/** Fills a field with what is stored, but not under the user's hands. */
export function fill(field, text) {
  if (document.activeElement !== field) field.value = text;
}

/** Puts elements into a list, unless they are there already: that would take the focus away. */
export function refill(list, elements) {
  const same = elements.length === list.children.length
    && elements.every((one, at) => one === list.children[at]);
  if (!same) list.replaceChildren(...elements);
}
