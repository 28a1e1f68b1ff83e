/** A probability as a whole percentage, such as "93 %". */
export const percent = (part) => `${Math.round(part * 100)}\u00a0%`;

/** Seconds as a clock shows them: 75.25 is "1:15", with tenths "1:15.2". */
export function clock(seconds, tenths = false) {
  const all = Math.floor(Math.max(seconds, 0) * 10 + 1e-6);
  const hours = Math.floor(all / 36_000);
  const minutes = String(Math.floor(all / 600) % 60).padStart(hours ? 2 : 1, "0");
  const rest = String(Math.floor(all / 10) % 60).padStart(2, "0");
  return `${hours ? `${hours}:` : ""}${minutes}:${rest}${tenths ? `.${all % 10}` : ""}`;
}

/** A number with its noun, such as "1 face" or "5 faces"; the plural adds an s unless it is given. */
export function count(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

/** A moment as a file's name may hold it, in the user's own time: "2026-11-22-19-05-31". */
export function stamp(date = new Date()) {
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate(),
    date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}
