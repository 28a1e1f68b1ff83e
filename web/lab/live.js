/** @import { Result } from "../src/types.js" */
/** @import { Lab } from "./main.js" */
import { make } from "../../src/mien/server/page/js/dom.js";
import { formatClock, formatCount, formatError } from "../../src/mien/server/page/js/format.js";
import { contextOf } from "../../src/mien/server/page/js/canvas.js";
import { PersonCards } from "../../src/mien/server/page/js/live/cards.js";
import { Headline } from "../../src/mien/server/page/js/live/headline.js";
import { Source, SourceError } from "../../src/mien/server/page/js/live/source.js";
import { notify, StatusLine } from "../../src/mien/server/page/js/notices.js";
import { makeButton, relabel } from "../../src/mien/server/page/js/ui/button.js";
import { isFree, TYPING } from "../../src/mien/server/page/js/ui/keys.js";
import { Marking } from "./marking.js";
import { Neutral, NEUTRAL_SECONDS } from "./neutral.js";
import { MOST_FACES, Recording } from "./recording.js";
import { Stage } from "./stage.js";

const TICK = 250; // milliseconds between looks at the clock
const RATE_FRAMES = 20; // over which frames a second are counted
const LOST = { title: "Camera disconnected", message: "Plug it in again, then start it." };
const SMALL = matchMedia("(max-width: 56rem)");

/** The camera: its faces, its people, and a recording of them. */
export class Live {
  #lab;
  #stage;
  #source;
  #status = new StatusLine();
  #headline = new Headline();
  #cards = new PersonCards();
  #side = make("div", { class: "side" }, this.#cards.element);
  #neutral = new Neutral();
  #marking = new Marking();
  #image = make("canvas"); // that portraits are cut from
  #stopButton = makeButton("Stop camera", { icon: "square", onclick: () => this.stop() });
  #record = makeButton("Record", { icon: "circle-dot", keys: "R", onclick: () => this.toggleRecording() });
  #baseline = makeButton("Be neutral", { icon: "user", onclick: () => this.#toggleBaseline() });
  #state = makeState();
  #topState = makeState();
  #run = new AbortController();
  /** @type {?Recording} */
  #recording = null;
  #timer = 0;
  #startedAt = 0; // by performance.now
  #hiddenAt = 0; // the recording's time
  /** @type {number[]} */
  #times = [];

  /** @param {Lab} lab @param {() => void} browse opens the choice of files. */
  constructor(lab, browse) {
    this.#lab = lab;
    this.#stage = new Stage(
      makeButton("Start camera", { icon: "video", kind: "primary big", onclick: () => this.start() }),
      makeButton("Choose files", { icon: "folder-open", kind: "big", onclick: browse }));
    this.#source = new Source(this.#stage.video, () => this.stop(LOST));
    this.#record.dataset.hint = "record";
    this.#state.hidden = this.#topState.hidden = true;
    lab.tools.prepend(this.#topState);
    this.element = make("section", { class: "live", "aria-label": "Live" },
      make("h1", { class: "visually-hidden" }, "Live"),
      make("section", { class: "camera", "aria-label": "Camera" }, this.#stage.element,
        make("div", { class: "toolbar controls" }, this.#record, this.#state, this.#baseline, this.#stopButton,
          make("span", { class: "gap" }), make("div", { class: "facts" }, this.#status.element)),
        this.#marking.element),
      this.#side);
    this.#listen();
    this.#refresh();
  }

  get isRecording() {
    return this.#recording !== null;
  }

  get isOn() {
    return this.#source.kind !== null;
  }

  async start() {
    this.stop();
    this.#run = new AbortController();
    const { signal } = this.#run;
    this.#stage.showOn();
    this.#status.show("Starting …");
    try {
      await Promise.all([this.#source.startCamera(""), this.#lab.ready]);
      await this.#stage.video.play(); // until it has an image
      this.#refresh();
      await this.#follow(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.stop(error instanceof SourceError ? explain(error) : { title: "No image", message: formatError(error) });
    }
  }

  /** Stops the camera, and the recording with it. @param {{title: string, message: string}} [problem] why, if by itself. */
  stop(problem) {
    this.#run.abort();
    if (this.#recording) this.#stopRecording();
    this.#source.stop();
    this.#neutral.clear();
    this.#cards.clear();
    this.#times = [];
    this.#stage.countDown("");
    this.#stage.showOff(problem);
    this.#status.show("");
    this.#refresh();
  }

  toggleRecording() {
    if (this.#recording) this.#stopRecording();
    else if (this.isOn) this.#startRecording();
    this.#refresh();
  }

  /** @param {AbortSignal} signal */
  async #follow(signal) {
    const mien = await this.#lab.ready;
    this.#status.show("Detecting faces …");
    for await (const result of mien.stream(this.#stage.video, { signal })) {
      if (signal.aborted) return;
      this.#show(result);
    }
  }

  /** @param {Result} detected */
  #show(detected) {
    if (this.#neutral.isWatching) this.#countDown(detected);
    const result = this.#neutral.apply(detected), time = performance.now() / 1000;
    this.#stage.show(result);
    this.#cards.show({ result, time, image: this.#takeImage(result), delay: 0, dropped: 0 });
    this.#headline.show(result.faces, this.#cards.chosen);
    this.#times = [...this.#times.slice(-RATE_FRAMES), detected.time];
    const count = result.faces.length ? formatCount(result.faces.length, "face") : "No face detected";
    this.#status.show(`${count} · ${this.#rate()}`);
    if (!this.#recording) return;
    this.#recording.add({ ...detected });
    this.#marking.advance(this.#recording.length);
    if (this.#recording.isFull) {
      this.#stopRecording();
      notify(`Recording stopped at ${MOST_FACES.toLocaleString("en")} faces, as many as this page can hold. Save it.`, "alert");
    }
  }

  /** Draws the camera's image, at the size of a result's. @param {Result} result */
  #takeImage({ width, height, faces }) {
    if (!faces.length) return this.#image;
    if (this.#image.width !== width) this.#image.width = width;
    if (this.#image.height !== height) this.#image.height = height;
    contextOf(this.#image).drawImage(this.#stage.video, 0, 0, width, height);
    return this.#image;
  }

  #rate() {
    const times = this.#times, span = times[times.length - 1] - times[0];
    return span > 0 ? `${((times.length - 1) / span).toFixed(0)} fps` : "";
  }

  #startRecording() {
    const { labels, attributes, modelName } = this.#lab, now = new Date();
    const title = `Live, ${now.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`;
    this.#recording = new Recording({ source: "camera", title, labels, attributes, model: modelName });
    this.#startedAt = performance.now();
    this.#marking.start(this.#recording);
    this.#timer = window.setInterval(() => this.#showTime(), TICK);
    this.#showTime();
  }

  #stopRecording() {
    const recording = this.#recording;
    clearInterval(this.#timer);
    this.#marking.stop();
    this.#recording = null;
    document.title = this.#lab.title;
    if (recording?.results.length) this.#lab.addRecording(recording);
    this.#refresh();
  }

  #showTime() {
    const text = formatClock((performance.now() - this.#startedAt) / 1000);
    for (const state of [this.#state, this.#topState]) {
      const label = state.querySelector("span");
      if (label) label.textContent = text;
    }
    document.title = `● ${text} ${this.#lab.title}`;
  }

  #toggleBaseline() {
    if (this.#neutral.isOn || this.#neutral.isWatching) this.#neutral.clear();
    else this.#neutral.watch();
    this.#stage.countDown(this.#neutral.isWatching ? `Be neutral: ${NEUTRAL_SECONDS}` : "");
    this.#refresh();
  }

  /** @param {Result} result */
  #countDown(result) {
    const left = this.#neutral.add(result);
    if (left > 0) return this.#stage.countDown(`Be neutral: ${Math.ceil(left)}`);
    const since = this.#neutral.since, recording = this.#recording, problem = this.#neutral.finish();
    if (recording) {
      const time = recording.secondsAt(since);
      recording.mark({ time, duration: recording.secondsAt(result.time) - time, name: "baseline" });
    }
    this.#stage.countDown("");
    if (problem) notify(problem, "alert");
    if (this.#neutral.isOn) notify("Baseline on: displayed after correction, recorded as detected.");
    this.#refresh();
  }

  #listen() {
    addEventListener("keydown", (event) => {
      if (this.element.hidden || !isFree(event, TYPING)) return;
      /** @type {Record<string, () => void>} */
      const actions = { m: () => this.#marking.addMarker(), i: () => this.#marking.toggleInterval(),
        r: () => this.toggleRecording() };
      actions[event.key.toLowerCase()]?.();
    });
    document.addEventListener("visibilitychange", () => this.#notePause());
    SMALL.addEventListener("change", () => this.#placeHeadline());
    this.#placeHeadline();
  }

  /** Browsers stop a camera's frames while their tab is hidden: the recording says so. */
  #notePause() {
    if (!this.#recording) return;
    if (document.hidden) {
      this.#hiddenAt = this.#recording.length;
      return;
    }
    const duration = Math.max((performance.now() - this.#startedAt) / 1000 - this.#hiddenAt, 0);
    this.#recording.mark({ time: this.#hiddenAt, duration, name: "paused: tab in the background", excluded: true });
    notify(`The recording paused for ${formatClock(duration)} while this tab was in the background.`, "alert");
  }

  /** Over the video where that is all one sees, else above the people. */
  #placeHeadline() {
    if (SMALL.matches) this.#stage.screen.append(this.#headline.element);
    else this.#side.prepend(this.#headline.element);
  }

  #refresh() {
    const { isOn, isRecording } = this;
    this.element.classList.toggle("on", isOn);
    this.#record.parentElement?.toggleAttribute("hidden", !isOn);
    relabel(this.#record, isRecording ? "Stop recording" : "Record", isRecording ? "square" : "circle-dot");
    this.#state.hidden = this.#topState.hidden = !isRecording;
    const neutral = this.#neutral.isOn ? "Remove baseline" : this.#neutral.isWatching ? "Cancel" : "Be neutral";
    relabel(this.#baseline, neutral);
    this.#baseline.title = `Be neutral for ${NEUTRAL_SECONDS} seconds: your own neutral face becomes the baseline`;
    this.#cards.run(isOn);
    this.#lab.refresh();
  }
}

/** A red dot with the time. */
function makeState() {
  return make("p", { class: "recording-state", "aria-label": "Recording" },
    make("i", { class: "recording-dot", "aria-hidden": "true" }), make("span", {}, "0:00"));
}

/** What Studio says of a camera, for a page without a server. @param {SourceError} error */
function explain({ title, message }) {
  const isInsecure = title.includes("secure page");
  return { title, message: isInsecure ? "This browser gives a file no camera. Open the file in another browser." : message };
}
