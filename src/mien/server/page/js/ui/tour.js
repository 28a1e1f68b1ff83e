import { make } from "../dom.js";
import { load, save } from "../memory.js";
import { makeButton } from "./button.js";

/**
 * Hints, in their order: the `data-hint` of the element that each is about, and what it says.
 *
 * @type {[string, string][]}
 */
const HINTS = [
  ["label", "The expression that Mien sees, and how sure it is. It is what a face shows, not what a person feels."],
  ["wrong", "Is a label wrong? Correct it here. With a personal profile, Mien learns from it."],
  ["record", "Record saves results, no images: a session with a timeline, markers and a report."],
  ["settings", "Camera, model and confidence threshold are here; press ? for all keys."],
];
const KEY = "mien-tour";

/**
 * Shows the four hints, once for each browser, to who has not dismissed them.
 *
 * @param {AbortSignal} signal of the view.
 */
export function startTour(signal) {
  if (!load(KEY)) showHint(0, signal);
}

/** Has the hints shown once more. */
export function forgetTour() {
  save(KEY, "");
}

/** @param {number} number @param {AbortSignal} leaving */
function showHint(number, leaving) {
  const [name, text] = HINTS[number] ?? [], target = document.querySelector(`[data-hint="${name}"]`);
  if (!text || leaving.aborted) return;
  const isLast = number === HINTS.length - 1, end = new AbortController();
  const signal = AbortSignal.any([leaving, end.signal]);
  /** @param {boolean} goesOn */
  const close = (goesOn) => {
    end.abort();
    if (goesOn && !isLast) showHint(number + 1, leaving);
    else save(KEY, "seen");
  };
  const next = makeButton(isLast ? "Done" : "Next", { kind: "primary", onclick: () => close(true) });
  const hint = make("section", { class: "hint", role: "dialog", "aria-label": `Hint ${number + 1} of ${HINTS.length}` },
    make("p", {}, text), make("div", { class: "row spread" },
      make("span", { class: "muted small" }, `${number + 1} of ${HINTS.length}`),
      make("div", { class: "row" }, makeButton("Dismiss", { kind: "quiet", onclick: () => close(false) }), next)));
  hint.addEventListener("keydown", ({ key }) => { if (key === "Escape") close(false); });
  signal.addEventListener("abort", () => {
    hint.remove();
    target?.classList.remove("hinted");
  });
  document.body.append(hint);
  target?.classList.add("hinted");
  place(hint, target);
  addEventListener("resize", () => place(hint, target), { signal });
}

/** Lies at the left of its target, so that it covers none of it; else below or above. @param {HTMLElement} hint @param {?Element} target */
function place(hint, target) {
  target?.scrollIntoView({ block: "nearest" });
  const { offsetWidth: width, offsetHeight: height } = hint, gap = 12;
  const box = target?.getBoundingClientRect() ?? new DOMRect(innerWidth / 2, innerHeight / 2, 0, 0);
  const isBeside = box.left > width + 2 * gap, below = box.bottom + gap, above = box.top - height - gap;
  const left = isBeside ? box.left - width - gap : box.left;
  const top = isBeside ? box.top : below + height < innerHeight ? below : above;
  hint.style.left = `${Math.max(gap, Math.min(left, innerWidth - width - gap))}px`;
  hint.style.top = `${Math.max(gap, Math.min(top, innerHeight - height - gap))}px`;
}
