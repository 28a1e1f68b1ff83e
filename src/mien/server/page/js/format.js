/** A probability as a whole percentage, such as "93 %". @param {number} share */
export const formatPercent = (share) => `${Math.round(share * 100)}\u00a0%`;

/**
 * Seconds as a clock shows them: 75.25 is "1:15", with tenths "1:15.2".
 *
 * @param {number} seconds
 * @param {boolean} [tenths]
 */
export function formatClock(seconds, tenths = false) {
  const all = Math.floor(Math.max(seconds, 0) * 10 + 1e-6);
  const hours = Math.floor(all / 36_000);
  const minutes = String(Math.floor(all / 600) % 60).padStart(hours ? 2 : 1, "0");
  const rest = String(Math.floor(all / 10) % 60).padStart(2, "0");
  return `${hours ? `${hours}:` : ""}${minutes}:${rest}${tenths ? `.${all % 10}` : ""}`;
}

/**
 * A number with its noun, such as "1 face" or "5 faces".
 *
 * @param {number} number
 * @param {string} noun
 * @param {string} [plural]
 */
export function formatCount(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

/** A local date and time for a file's name: "2026-11-22-19-05-31". */
export function formatStamp(date = new Date()) {
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate(),
    date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

/**
 * A sentence with its first letter in upper case, unless it begins with a name such as "photo.jpg".
 * The server's messages begin in lower case, for the command line puts a name before them.
 *
 * @param {string} text
 */
export const capitalize = (text) =>
  text.replace(/^[a-z]+(?=[\s,;:'’-]|\.?$)/, (word) => word.charAt(0).toUpperCase() + word.slice(1));

/** The message of whatever was thrown. @param {unknown} error */
export const formatError = (error) => capitalize(error instanceof Error ? error.message : String(error));
