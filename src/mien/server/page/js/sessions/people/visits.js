/** @import { Model } from "../model.js" */
/** @import { Moves, Part } from "./moves.js" */
import { ApiError, ask, retry } from "../../api.js";
import { make } from "../../dom.js";
import { formatClock, formatPercent } from "../../format.js";
import { makeSwatch, UNSURE } from "../../labels.js";
import { notify } from "../../notices.js";
import { makeButton, makeIcon } from "../../ui/button.js";
import { makeSkeleton } from "../../ui/empty.js";
import { makeMenu } from "../../ui/menu.js";
import { makeDraggable } from "./drag.js";
import { formatPart } from "./moves.js";

/**
 * @typedef {object} PersonFace
 * @property {number} id
 * @property {number} time
 * @property {string} emotion
 * @property {number} confidence
 * @property {?string} image its path; null where the session has no video.
 *
 * @typedef {{model: Model, moves: Moves, number: number, area: HTMLElement, onMoved: (person: number) => void}} Context
 *   the person's id, the panel, and what is done once a stretch belongs to another person.
 */

export const NEW = "new"; // person to drop on

const FACES = 24, VISITS = 20; // shown at first
const MORE = 100; // visits shown with each press

/**
 * A person's faces, in the stretches in which the person was in view. Each stretch, and each face with
 * what lies around it, can be moved to another person.
 *
 * @param {Context} context
 */
export function makeVisits(context) {
  const { model, number } = context, element = make("div", { class: "visits" }, makeSkeleton(2, "Loading faces …"));
  let shown = "", count = VISITS;
  const load = async () => {
    const answer = await request(model, number);
    const text = JSON.stringify(answer);
    if (!answer || text === shown) return; // so that nothing moves under the pointer
    shown = text;
    show(answer);
  };
  /** @param {{faces: PersonFace[], visits: Part[]}} answer */
  const show = ({ faces, visits }) => {
    const isOnly = visits.length === 1;
    const items = visits.slice(0, count).map((visit) =>
      makeVisit(context, visit, faces.filter(({ time }) => time >= visit.start && time <= visit.end), isOnly));
    const more = makeButton(`Show more of ${visits.length} stretches`, { kind: "quiet", onclick: () => {
      count += MORE;
      show({ faces, visits });
    } });
    element.replaceChildren(make("ol", {}, ...items), ...(visits.length > count ? [more] : []));
  };
  return { element, load };
}

/** @param {Model} model @param {number} number @returns {Promise<?{faces: PersonFace[], visits: Part[]}>} */
async function request(model, number) {
  try {
    const path = `${model.path}/people/${number}/faces`;
    return await retry(() => ask("GET", path, { query: { limit: FACES } }), { signal: model.signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null; // deleted; the session's own request tells
    throw error;
  }
}

/**
 * @param {Context} context
 * @param {Part} visit
 * @param {PersonFace[]} faces in it, by time.
 * @param {boolean} isOnly whether the person has no other stretch.
 */
function makeVisit(context, visit, faces, isOnly) {
  const text = formatPart(visit), at = () => context.model.time.cursor;
  const splitAtCursor = () => {
    if (at() > visit.start && at() < visit.end) split(context, visit, at());
    else notify(`Move the cursor between ${text.replace(" to ", " and ")} to split there`);
  };
  const head = make("div", { class: "visit-head" }, makeIcon("grip-vertical"),
    make("button", { type: "button", class: "quiet tabular", onclick: () => context.model.time.goTo(visit.start) },
      hidden("Go to "), text),
    make("span", { class: "muted" }, formatLength(visit)),
    makeMenu(`Move ${text}`, [...moveItems(context, visit, isOnly),
      { text: "Split at the cursor", icon: "split", onclick: splitAtCursor }]));
  drag(context, head, visit, isOnly);
  const tiles = faces.map((face, index) => {
    const around = partAround(visit, faces, index), isAll = isOnly && faces.length === 1;
    const isFirst = index === 0;
    return makeTile(context, face, around, isAll, isFirst ? null : () => split(context, visit, face.time));
  });
  return make("li", {}, head, tiles.length ? make("div", { class: "tiles" }, ...tiles) : null);
}

/**
 * One face: a press moves the cursor there; dragged, it takes the stretch around it along.
 *
 * @param {Context} context
 * @param {PersonFace} face
 * @param {Part} around
 * @param {boolean} isAll whether that is all that there is of the person.
 * @param {?() => void} onSplit
 */
function makeTile(context, { time, emotion, confidence, image }, around, isAll, onSplit) {
  const { model } = context, at = formatClock(time, true);
  const label = emotion === UNSURE ? UNSURE : `${emotion} ${formatPercent(confidence)}`;
  const picture = image ? make("img", { src: image, alt: "", loading: "lazy", width: 56, height: 56, draggable: "false" }) : null;
  const button = make("button", { type: "button", class: "face-tile", title: label, onclick: () => model.time.goTo(time) },
    picture, make("span", { class: "caption" }, makeSwatch(emotion, model.labels),
      make("span", { class: "tabular" }, hidden("Go to "), at)),
    picture ? hidden(` ${label}`) : make("span", { class: "small" }, label));
  const tile = make("span", { class: "tile" }, button, makeMenu(`Move face at ${at}`, [
    ...onSplit ? [{ text: `Split here (${at})`, icon: "split", onclick: onSplit }] : [],
    ...moveItems(context, around, isAll)]));
  drag(context, tile, around, isAll);
  return tile;
}

/** @param {Part} part */
function formatLength({ start, end }) {
  const seconds = end - start;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : formatClock(seconds);
}

/** A text for screen readers. @param {string} text */
const hidden = (text) => make("span", { class: "visually-hidden" }, text);

/**
 * What a face stands for: its visit, from half way to the face shown before to half way to the next.
 *
 * @param {Part} visit
 * @param {PersonFace[]} faces
 * @param {number} index
 * @returns {Part}
 */
function partAround(visit, faces, index) {
  const { time } = faces[index], before = faces[index - 1]?.time, next = faces[index + 1]?.time;
  return { start: before === undefined ? visit.start : (before + time) / 2,
    end: next === undefined ? visit.end : (time + next) / 2 };
}

/** Makes a visit, from a time on, a new person's. @param {Context} context @param {Part} visit @param {number} time */
function split(context, { end }, time) {
  const start = time - context.model.interval * 0.9; // the frame that is shown at the time moves, too
  return move(context, { start: Math.max(start, 0), end }, false, null);
}

/**
 * @param {Context} context
 * @param {Part} part
 * @param {boolean} isAll whether that is all that there is of the person.
 */
function moveItems(context, part, isAll) {
  const { model, number } = context;
  const others = model.roots.filter((person) => person.number !== number).map((person) => ({
    text: `Move to ${model.nameOf(person.number)}`, icon: "user", onclick: () => { move(context, part, isAll, person.number); },
  }));
  return [...others, ...isAll ? [] : [{ text: "Move to new person", icon: "plus", onclick: () => { move(context, part, false, null); } }]];
}

/** @param {Context} context @param {Part} part @param {boolean} isAll @param {?number} into null: a new person. */
async function move({ moves, number, onMoved }, part, isAll, into) {
  if (!isAll) onMoved(await moves.move(number, part, into));
  else if (into !== null) {
    await moves.merge(number, into);
    onMoved(into);
  }
}

/** @param {Context} context @param {HTMLElement} handle @param {Part} part @param {boolean} isAll */
function drag(context, handle, part, isAll) {
  makeDraggable(handle, context.area, {
    text: formatPart(part),
    accepts: (target) => (target === NEW ? !isAll : target !== `${context.number}`),
    drop: (target) => { move(context, part, isAll, target === NEW ? null : Number(target)); },
  });
}
