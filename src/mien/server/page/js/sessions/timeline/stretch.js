/** @import { Model } from "../model.js" */
/** @import { Plot } from "./plot.js" */
import { make } from "../../dom.js";

const WHEEL = 1.25; // how much a turn of the wheel zooms

/**
 * The surface over the charts: a click moves the cursor, a drag selects a stretch, Ctrl and the wheel zoom.
 *
 * @param {Model} model
 * @param {Plot} plot
 */
export function makeSurface(model, plot) {
  const { time } = model, band = make("div", { class: "selection", hidden: true });
  const element = make("div", { class: "surface" }, band);
  const show = () => {
    const { selection } = time;
    band.hidden = !selection || selection.to < time.from || selection.from > time.to;
    if (!selection) return;
    const left = plot.xOf(Math.max(selection.from, time.from)), right = plot.xOf(Math.min(selection.to, time.to));
    band.style.transform = `translateX(${left.toFixed(1)}px)`;
    band.style.width = `${(right - left).toFixed(1)}px`;
  };
  for (const kind of /** @type {const} */ (["selection", "range"])) model.onTime(kind, show);
  plot.onResize(show);
  let from = 0;
  plot.onDrag(element, {
    start: (x) => { from = plot.timeOf(x); },
    move: (x) => time.select(from, plot.timeOf(x)),
    click: (x) => {
      time.unselect();
      time.goTo(plot.timeOf(x));
    },
    cancel: () => time.unselect(),
  });
  element.addEventListener("wheel", (event) => {
    const isAcross = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!event.ctrlKey && !event.metaKey && !isAcross) return; // the plain wheel scrolls the page
    event.preventDefault();
    if (isAcross) time.show(time.from + event.deltaX / plot.width * time.span, time.span);
    else time.zoom(event.deltaY > 0 ? WHEEL : 1 / WHEEL, plot.timeOf(plot.pointerX(event)));
  }, { passive: false });
  return element;
}
