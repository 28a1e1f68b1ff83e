/** @import { Model } from "../model.js" */
/** @import { Plot } from "./plot.js" */
import { prepareCanvas } from "../../canvas.js";
import { make } from "../../dom.js";
import { onColors } from "../../settings.js";
import { drawTimes } from "./chart.js";

/**
 * The one axis of times; a click moves the cursor, a drag the visible range.
 *
 * @param {Model} model
 * @param {Plot} plot
 */
export function makeAxis(model, plot) {
  const { time, signal } = model, canvas = make("canvas", { "aria-hidden": "true" });
  const element = make("div", { class: "axis" }, canvas);
  const draw = () => {
    if (!element.isConnected) return;
    const { context, height } = prepareCanvas(canvas);
    drawTimes(context, plot, height);
  };
  model.onTime("range", draw);
  model.on("detail", draw);
  plot.onResize(draw);
  onColors(draw, signal);
  let from = 0;
  plot.onDrag(element, {
    start: () => { from = time.from; },
    move: (x, startX) => time.show(from - (x - startX) / plot.width * time.span, time.span),
    click: (x) => time.goTo(plot.timeOf(x)),
  });
  return element;
}
