/** @import { Marker } from "../../types.js" */
/** @import { MarkerEdits } from "./edits.js" */
/** @import { LaneItem } from "./lane.js" */
/** @import { Model } from "../model.js" */
/** @import { Place } from "./pending.js" */
/** @import { Plot } from "../timeline/plot.js" */
import { make } from "../../dom.js";
import { formatClock } from "../../format.js";
import { titleOf } from "./edits.js";
import { describeMarker, listenToKeys } from "./naming.js";
import { PendingMove } from "./pending.js";
import { clamp } from "../timeline/range.js";

/**
 * An interval in the lane: a bar to drag, whose edges can be dragged, too; each is moved with the arrow keys.
 *
 * @param {Model} model
 * @param {Plot} plot
 * @param {MarkerEdits} edits
 * @param {Marker} first
 * @returns {LaneItem}
 */
export function makeInterval(model, plot, edits, first) {
  const { time } = model, name = make("span", { dir: "auto" });
  let marker = first;
  const body = make("button", { type: "button", class: "body", "aria-describedby": "lane-hint" }, name);
  const move = new PendingMove((place) => {
    const left = plot.xOf(Math.max(place.time, time.from)), right = plot.xOf(Math.min(place.time + place.duration, time.to));
    element.hidden = right < left;
    element.style.transform = `translateX(${left.toFixed(1)}px)`;
    element.style.width = `${Math.max(right - left, 2).toFixed(1)}px`;
    start.show(place.time);
    end.show(place.time + place.duration);
    const text = describeMarker(model, { ...marker, ...place });
    if (body.title === text) return;
    body.title = text;
    body.setAttribute("aria-label", text);
  }, (place) => edits.move(marker, place));
  /** @param {number} to */
  const moveTo = (to) => move.preview({ time: clamp(to, 0, time.length - move.place.duration) });
  let grab = 0;
  plot.onDrag(body, {
    start: (x) => { grab = plot.xOf(move.place.time) - x; },
    move: (x) => moveTo(time.from + (x + grab) / plot.width * time.span),
    drop: () => move.save(),
    click: () => time.goTo(marker.time),
    cancel: () => move.cancel(),
  });
  listenToKeys(body, model, edits, { marker: () => marker, move: (seconds) => {
    moveTo(move.place.time + seconds);
    time.goTo(move.place.time);
    move.saveSoon();
  } });
  const start = makeEdge("Start", model, plot, move, ({ time: from, duration }, to) => {
    const moved = clamp(to, 0, from + duration - model.interval);
    return { time: moved, duration: from + duration - moved };
  });
  const end = makeEdge("End", model, plot, move, ({ time: from }, to) =>
    ({ duration: clamp(to, from + model.interval, time.length) - from }));
  const element = make("div", { class: "interval" }, body, start.element, end.element);
  element.addEventListener("focusout", () => move.save());
  /** @param {Marker} newest */
  const show = (newest) => {
    marker = newest;
    name.textContent = titleOf(marker);
    element.classList.toggle("excluded", marker.excluded);
    for (const edge of [start, end]) edge.rename(titleOf(marker));
    move.take(marker);
  };
  return { element, show, place: () => move.redraw() };
}

/**
 * An edge of an interval.
 *
 * @param {"Start"|"End"} side
 * @param {Model} model
 * @param {Plot} plot
 * @param {PendingMove} move
 * @param {(place: Place, to: number) => Partial<Place>} change what moving the edge to a time changes.
 */
function makeEdge(side, model, plot, move, change) {
  const { time } = model;
  const element = make("div", { class: `edge ${side.toLowerCase()}`, role: "slider", tabindex: "0", "aria-valuemin": "0" });
  let at = 0;
  /** @param {number} to */
  const moveTo = (to) => {
    move.preview(change(move.place, to));
    time.goTo(at);
  };
  plot.onDrag(element, {
    move: (x) => moveTo(plot.timeOf(x)),
    drop: () => move.save(),
    click: () => time.goTo(at),
    cancel: () => move.cancel(),
  });
  element.addEventListener("keydown", (event) => {
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moveTo(at + direction * (event.shiftKey ? 1 : model.interval));
    move.saveSoon();
  });
  /** @param {number} seconds */
  const show = (seconds) => {
    at = seconds;
    element.setAttribute("aria-valuemax", time.length.toFixed(2));
    element.setAttribute("aria-valuenow", at.toFixed(2));
    element.setAttribute("aria-valuetext", formatClock(at, true));
  };
  /** @param {string} title of the interval. */
  const rename = (title) => element.setAttribute("aria-label", `${side} of ${title || "the interval"}`);
  return { element, show, rename };
}
