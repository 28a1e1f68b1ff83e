import { ask, retry } from "../api.js";
import { make, makeChoice } from "../dom.js";
import { formatSize } from "../facts.js";
import { formatCount, formatError } from "../format.js";
import { StatusLine } from "../notices.js";

const TRIES = 3;
const NEVER = "";
const DAYS = [1, 7, 30, 90, 365];

/**
 * @typedef {object} About what the server says of itself.
 * @property {string} version
 * @property {string[]} addresses
 * @property {boolean} secure
 * @property {boolean} reachable whether other machines can open it.
 * @property {boolean} token whether one is needed.
 * @property {?string} fingerprint of the certificate, where the server made its own.
 * @property {string} model
 * @property {{name: string, version: ?string, licence: string}[]} licences
 *
 * @typedef {object} Storage
 * @property {string} folder
 * @property {number} bytes
 * @property {number} free_bytes
 * @property {number} sessions
 * @property {?number} keep_days null for never.
 * @property {boolean} keep_days_is_fixed whether the option --keep-days decides.
 */

/** @template T @param {string} path @returns {Promise<T>} */
const get = (path) => retry(() => ask("GET", path), { tries: TRIES });

/** @returns {Promise<About>} */
export const loadAbout = () => get("/v1/about");

/** Where sessions are stored, how much they take, and when they are deleted. */
export function makeStorage() {
  const place = make("p", { class: "muted small" }), status = new StatusLine();
  const { element, select, fill } = makeChoice("Delete sessions after", (value) => {
    ask("PATCH", "/v1/storage", { json: { keep_days: value === NEVER ? null : Number(value) } })
      .then(() => status.show("Saved"), (error) => status.show(formatError(error), "alert"));
  });
  const body = make("div", { class: "group" }, element, status.element, place);
  /** @param {Storage} storage */
  const show = ({ folder, bytes, free_bytes, sessions, keep_days, keep_days_is_fixed }) => {
    const days = [...new Set([...DAYS, ...(keep_days ? [keep_days] : [])])].sort((first, second) => first - second);
    fill([{ value: NEVER, text: "Never" }, ...days.map((number) => ({ value: `${number}`, text: formatCount(number, "day") }))],
      keep_days ?? NEVER);
    select.disabled = keep_days_is_fixed;
    if (keep_days_is_fixed) status.show("Chosen at the start, by --keep-days");
    place.replaceChildren(`${formatCount(sessions, "session")} in `, make("code", {}, folder),
      `: ${bytes ? formatSize(bytes) : "0 bytes"}; ${formatSize(free_bytes)} free. Start with --folder to use another.`);
  };
  get("/v1/storage").then(show, (error) => status.show(formatError(error), "alert"));
  return body;
}

/** How a phone or another computer opens this page. */
export function makeDevices() {
  const body = make("div", { class: "devices" });
  loadAbout().then((about) => body.replaceChildren(...describe(about)),
    (error) => body.replaceChildren(formatError(error)));
  return body;
}

/** @param {About} about @returns {Node[]} */
function describe({ addresses, secure, reachable, fingerprint }) {
  if (!reachable) {
    return [make("p", {}, "Only this computer can open Studio. To use a phone on the same network, start it with"),
      make("pre", {}, "mien serve --host 0.0.0.0 --token TOKEN --https"),
      make("p", { class: "muted small" }, "Browsers give a phone's camera to pages at https alone.")];
  }
  const code = make("img", { class: "qr", src: "/v1/about/qr.svg", width: 160, height: 160,
    alt: `QR code of ${addresses[0]}, with the token` });
  const links = addresses.map((address) => make("li", {}, make("code", {}, address)));
  return [make("div", { class: "row" }, code, make("div", {},
    make("p", {}, "Scan the code with a phone on the same network, or open"), make("ul", {}, ...links),
    make("p", { class: "muted small" }, secure ? "The browser warns of a certificate that it does not know: this computer made it."
      : "Without --https a browser there does not give its camera."),
    fingerprint ? make("p", { class: "muted small" }, "Its SHA-256 fingerprint is ", make("code", {}, fingerprint)) : null,
    make("p", { class: "muted small" }, "The code contains the access token: show it to nobody else.")))];
}
