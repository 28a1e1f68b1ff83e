/** @import { Marker } from "../../types.js" */
/** @import { MarkerEdits } from "./edits.js" */
/** @import { LaneItem } from "./lane.js" */
/** @import { Model } from "../model.js" */
/** @import { Plot } from "../timeline/plot.js" */
import { make } from "../../dom.js";
import { makeIcon } from "../../ui/button.js";
import { titleOf } from "./edits.js";
import { describeMarker, listenToKeys } from "./naming.js";
import { PendingMove } from "./pending.js";
import { clamp } from "../timeline/range.js";

const NAME_ROOM = 44; // pixels, at least, for a flag with its name

/**
 * A marker in the lane: a flag to drag, or to move with the arrow keys.
 *
 * @param {Model} model
 * @param {Plot} plot
 * @param {MarkerEdits} edits
 * @param {Marker} first
 * @returns {LaneItem}
 */
export function makeFlag(model, plot, edits, first) {
  const { time } = model, name = make("span", { dir: "auto" });
  let marker = first, grab = 0;
  const element = make("button", { type: "button", class: "flag", "aria-describedby": "lane-hint" }, makeIcon("flag"), name);
  const move = new PendingMove((place) => {
    element.hidden = place.time < time.from || place.time > time.to;
    element.style.transform = `translateX(${plot.xOf(place.time).toFixed(1)}px)`;
    const text = describeMarker(model, { ...marker, ...place });
    if (element.title === text) return;
    element.title = text;
    element.setAttribute("aria-label", text);
  }, (place) => edits.move(marker, { time: place.time }));
  plot.onDrag(element, {
    start: (x) => { grab = plot.xOf(move.place.time) - x; },
    move: (x) => move.preview({ time: plot.timeOf(x + grab) }),
    drop: () => move.save(),
    click: () => time.goTo(marker.time),
    cancel: () => move.cancel(),
  });
  listenToKeys(element, model, edits, { marker: () => marker, move: (seconds) => {
    move.preview({ time: clamp(move.place.time + seconds, 0, time.length) });
    time.goTo(move.place.time);
    move.saveSoon();
  } });
  element.addEventListener("blur", () => move.save());
  /** @param {Marker} newest */
  const show = (newest) => {
    marker = newest;
    name.textContent = titleOf(marker);
    move.take(marker);
  };
  /** @param {number} room */
  const place = (room) => {
    name.hidden = room < NAME_ROOM;
    element.style.setProperty("--room", `${Math.round(room)}px`);
    move.redraw();
  };
  return { element, show, place };
}
