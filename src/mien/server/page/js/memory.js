/**
 * What this browser remembers. A browser that forbids it, or has cleared it, remembers nothing, and
 * everything works with its defaults.
 *
 * @param {string} key
 * @returns {?string}
 */
export function load(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} text */
export function save(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // It holds until the page is closed.
  }
}
