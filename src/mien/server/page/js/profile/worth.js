import { make } from "../dom.js";
import { count, percent } from "../format.js";
import { toSentence } from "../notices.js";

const OPEN = "The gate is open: faces that the model answers like these change, too.";
const CLOSED = "The gate is closed: only faces that look like these change, until they show that more is better.";

/**
 * What a profile has learned, and what that is worth on the user's own faces.
 *
 * @param {{name: string, corrections: number, figures: object|null}} detail the server's.
 * @returns {HTMLElement[]}
 */
export function makeWorth({ name, corrections, figures }) {
  if (!figures) {
    const text = `${name} holds no corrections yet: say below a face what it really shows.`;
    return [make("p", {}, text)];
  }
  const parts = [
    make("p", {}, `${name} has learned from ${count(corrections, "correction")}.`),
    make("p", {}, figures.gate_open ? OPEN : CLOSED),
    makeTable(figures),
  ];
  if (figures.drift) parts.push(make("p", { class: "drift" }, toSentence(figures.drift)));
  return parts;
}

function makeTable({ samples, base_accuracy, adapted_accuracy, base_log_loss, adapted_log_loss }) {
  const row = (...cells) => make("tr", {}, make("th", { scope: "row" }, cells[0]),
    ...cells.slice(1).map((cell) => make("td", {}, cell)));
  const head = ["", "before", "after"].map((text) => make("th", { scope: "col" }, text));
  return make("table", {},
    make("caption", {}, `On your own ${count(samples, "face")}, each judged by what the others taught:`),
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, row("Called right", percent(base_accuracy), percent(adapted_accuracy)),
      row("Log loss", base_log_loss.toFixed(2), adapted_log_loss.toFixed(2))));
}
