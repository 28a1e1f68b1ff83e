/**
 * Makes an element. Text stays text and never becomes markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes] a name that begins with "on" adds a listener; true sets
 *   an attribute; false, null and undefined leave it out.
 * @param {...(Node|string|null)} children null is left out.
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** @param {HTMLElement} element @param {string} name @param {any} value */
function setAttribute(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (value === true) element.setAttribute(name, "");
  else if (value !== false && value != null) element.setAttribute(name, value);
}

/**
 * Makes a labelled drop-down list.
 *
 * @param {string} label
 * @param {(value: string) => void} [onChange]
 */
export function makeChoice(label, onChange = () => {}) {
  const select = make("select", { onchange: () => { onChange(select.value); } });
  const element = make("label", { class: "field" }, label, select);
  /** @param {{value: string|number, text: string}[]} options @param {string|number} [chosen] */
  const fill = (options, chosen) => {
    select.replaceChildren(...options.map(({ value, text }) => make("option", { value }, text)));
    if (chosen !== undefined) select.value = `${chosen}`;
  };
  return { element, select, fill };
}

/**
 * Fills a field with its stored text, unless the user is typing in it.
 *
 * @param {HTMLInputElement|HTMLTextAreaElement} field
 * @param {string} text
 */
export function fillField(field, text) {
  if (document.activeElement !== field) field.value = text;
}

/**
 * Replaces a list's items where they changed; a needless replacement would take the focus away.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement[]} items
 */
export function fillList(list, items) {
  const isSame = items.length === list.children.length
    && items.every((item, index) => item === list.children[index]);
  if (!isSame) list.replaceChildren(...items);
}

/** Downloads a blob as a file. @param {Blob} blob @param {string} name */
export function saveFile(blob, name) {
  const href = URL.createObjectURL(blob);
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000); // the download has begun by then
}
