/** @import { Marker } from "../../types.js" */
/** @import { MarkerEdits } from "./edits.js" */
/** @import { Model } from "../model.js" */
/** @import { Plot } from "../timeline/plot.js" */
import { fillList, make } from "../../dom.js";
import { makeFlag } from "./flag.js";
import { makeInterval } from "./interval.js";

/**
 * @typedef {object} LaneItem a marker or an interval in the lane.
 * @property {HTMLElement} element
 * @property {(marker: Marker) => void} show
 * @property {(room: number) => void} place puts it where its time is; `room` pixels are free from its start.
 */

const MOST_LEVELS = 3; // of intervals above each other

/**
 * The lane above the rows: markers as flags, intervals as bars below them.
 *
 * @param {Model} model
 * @param {Plot} plot
 * @param {MarkerEdits} edits
 */
export function makeLane(model, plot, edits) {
  const hint = make("span", { id: "lane-hint", hidden: true }, "Left and right arrow keys move it by a frame, with Shift by a "
    + "second. Enter edits the name. Delete deletes it.");
  const items = make("div", { class: "items" });
  const element = make("div", { class: "lane", role: "group", "aria-label": "Markers and intervals in the timeline" }, items, hint);
  /** @type {Map<number, LaneItem>} */
  let known = new Map();
  const place = () => {
    const rooms = findRooms(model.markers, plot);
    for (const { id } of model.markers) known.get(id)?.place(rooms.get(id) ?? 0);
  };
  const show = () => {
    known = new Map(model.markers.map((marker) => [marker.id, known.get(marker.id) ?? makeItem(model, plot, edits, marker)]));
    const levels = findLevels(model.markers);
    for (const marker of model.markers) {
      const item = known.get(marker.id);
      item?.show(marker);
      item?.element.style.setProperty("--level", `${levels.get(marker.id) ?? 0}`);
    }
    element.parentElement?.style.setProperty("--levels", `${Math.max(-1, ...levels.values()) + 1}`);
    const focused = document.activeElement;
    fillList(items, [...known.values()].map((item) => item.element));
    if (focused instanceof HTMLElement && items.contains(focused)) focused.focus({ preventScroll: true });
    place();
  };
  model.on("detail", show);
  model.on("people", show);
  model.onTime("range", place);
  plot.onResize(place);
  plot.onDrag(element, { move: () => {}, click: (x) => model.time.goTo(plot.timeOf(x)) });
  element.addEventListener("dblclick", (event) => {
    if (event.target === element || event.target === items) edits.add({ time: plot.timeOf(plot.pointerX(event)) });
  });
  return element;
}

/** @param {Model} model @param {Plot} plot @param {MarkerEdits} edits @param {Marker} marker @returns {LaneItem} */
const makeItem = (model, plot, edits, marker) =>
  (marker.duration ? makeInterval(model, plot, edits, marker) : makeFlag(model, plot, edits, marker));

/**
 * The levels of intervals, so that those that overlap lie above each other.
 *
 * @param {Marker[]} markers by time.
 * @returns {Map<number, number>}
 */
function findLevels(markers) {
  const ends = /** @type {number[]} */ ([]), levels = new Map();
  for (const { id, time, duration } of markers) {
    if (!duration) continue;
    const free = ends.findIndex((end) => end <= time), level = free < 0 ? Math.min(ends.length, MOST_LEVELS - 1) : free;
    ends[level] = Math.max(ends[level] ?? 0, time + duration);
    levels.set(id, level);
  }
  return levels;
}

/**
 * The pixels from each flag to the next one, for its name.
 *
 * @param {Marker[]} markers by time.
 * @param {Plot} plot
 * @returns {Map<number, number>}
 */
function findRooms(markers, plot) {
  const flags = markers.filter(({ duration }) => !duration);
  return new Map(flags.map(({ id, time }, index) =>
    [id, plot.xOf(flags[index + 1]?.time ?? plot.time.to) - plot.xOf(time)]));
}
