/**
 * Makes an element. Text becomes text, never markup.
 *
 * @param {string} tag
 * @param {Record<string, any>} [given] attributes; one that begins with "on" is a listener; true
 *   sets an attribute, false, null and undefined leave it out.
 * @param {...(Node|string|null)} children null ones are left out.
 * @returns {HTMLElement}
 */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) give(element, name, value);
  element.append(...children.filter((one) => one !== null));
  return element;
}

function give(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (value === true) element.setAttribute(name, "");
  else if (value !== false && value != null) element.setAttribute(name, value);
}

/**
 * A labelled choice.
 *
 * @param {string} label
 * @param {(value: string) => void} onChange
 * @returns {{element: HTMLElement, select: HTMLSelectElement,
 *   fill: (options: {value: string, text: string}[], chosen?: string) => void}}
 */
export function makeChoice(label, onChange) {
  const select = make("select", { onchange: () => onChange(select.value) });
  const element = make("label", { class: "field" }, label, select);
  const fill = (options, chosen) => {
    select.replaceChildren(...options.map(({ value, text }) => make("option", { value }, text)));
    if (chosen !== undefined) select.value = chosen;
  };
  return { element, select, fill };
}

/** Saves a blob as a file, through the browser's own download. */
export function saveAs(blob, name) {
  const href = URL.createObjectURL(blob);
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000); // the download has begun by then
}
