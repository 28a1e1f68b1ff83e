/** @import { Result } from "../types.js" */
/** @import { Context } from "../app.js" */
/** @import { Analyzed, LiveEngine } from "./stream.js" */
import { ApiError } from "../api.js";
import { listCameras } from "../cameras.js";
import { make } from "../dom.js";
import { makeFacePanel, makeReadOnlyPanel } from "../face.js";
import { formatCount, formatError } from "../format.js";
import { notify, StatusLine } from "../notices.js";
import { profile } from "../profile/current.js";
import { settings } from "../settings.js";
import { startTour } from "../ui/tour.js";
import { PersonCards } from "./cards.js";
import { Headline } from "./headline.js";
import { PersonIds } from "./ids.js";
import { listenForShortcuts } from "./keys.js";
import { LOCAL_DETECTOR, LocalEngine, LocalEngineError } from "./local.js";
import { closePictureInPicture, togglePictureInPicture } from "./pip.js";
import { Rate } from "./rate.js";
import { Recording } from "./recording.js";
import { saveSnapshot } from "./snapshot.js";
import { Source, SourceError } from "./source.js";
import { Stage } from "./stage.js";
import { LiveSocket, streamFrames } from "./stream.js";
import { Toolbar } from "./toolbar.js";

const PROFILE_ERRORS = new Set(["not_found", "conflict"]); // a profile is gone, or of another model
const NO_CORRECTION = "Corrections need the face on the server. To make one, turn off “Run Live in this browser” in Settings.";
const LEFT = "“Run Live in this browser” is off again: start the camera to have the server analyze its images.";
const SMALL = matchMedia("(max-width: 56rem)");

/**
 * Live: the camera, or the sample, with the expressions of the faces in view.
 *
 * @param {HTMLElement} root
 * @param {Context} context `#/live/start` starts the camera, `#/live/sample` the sample.
 */
export function mount(root, { path: [start] }) {
  const live = new Live(root);
  if (start === "start") live.startCamera();
  if (start === "sample") live.startSample();
  return () => live.close();
}

class Live {
  #leaving = new AbortController();
  #stage = new Stage({ startCamera: () => this.startCamera(), startSample: () => this.startSample() });
  #source = new Source(this.#stage.video, (device) => this.#lose(device));
  #ids = new PersonIds();
  #engine = this.#makeEngine();
  #recording = new Recording({ onChange: () => this.#refresh(), countDown: (text) => this.#stage.countDown(text) });
  #status = new StatusLine();
  #rate = new Rate();
  #headline = new Headline();
  #cards = new PersonCards((identify, options) =>
    (settings.values.inBrowser ? makeReadOnlyPanel(NO_CORRECTION, options) : makeFacePanel(identify, options)));
  #side = make("div", { class: "side" }, this.#cards.element);
  #toolbar;
  /** @type {?Result} */
  #last = null;
  #lostDevice = ""; // the camera that stopped by itself
  #isPaused = false;
  #hasFaces = false; // since the view was opened

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.#toolbar = new Toolbar(this.#makeActions(), this.#recording.state, this.#status.element,
      this.#rate.element, this.#rate.busy);
    root.append(make("h1", { class: "visually-hidden" }, "Live"),
      make("section", { class: "camera", "aria-label": "Camera" }, this.#stage.element, this.#toolbar.element,
        this.#toolbar.options, this.#recording.marking.element, this.#recording.element),
      this.#side);
    this.#listen();
    this.#refresh();
  }

  startCamera() {
    return this.#start(() => this.#source.startCamera(this.#lostDevice || settings.values.camera));
  }

  startSample() {
    return this.#start(() => this.#source.startSample());
  }

  close() {
    this.#leaving.abort();
    this.#recording.close();
    profile.lock(false);
    settings.lock(false);
    this.#cards.run(false);
    this.#cards.clear();
    this.#source.stop();
    this.#engine.close();
    this.#stage.release();
  }

  #makeActions() {
    const { signal } = this.#leaving;
    return {
      stop: () => this.#stop(),
      pause: () => this.#pause(),
      record: () => this.#recording.toggle(this.#describeRecording()),
      snapshot: () => saveSnapshot(this.#stage.video, this.#last),
      fullScreen: () => this.#stage.toggleFullScreen(),
      pictureInPicture: () => togglePictureInPicture(this.#stage.screen, signal),
    };
  }

  #describeRecording() {
    const { inBrowser, saveFaces } = settings.values;
    return { ...settings.choice, ...(inBrowser && { detector: LOCAL_DETECTOR }), profile: profile.name || null,
      consent: this.#toolbar.consent, thumbnails: saveFaces && !inBrowser,
      source: this.#source.kind === "sample" ? "Sample" : "Live" };
  }

  /** @returns {LiveEngine} what the settings say: this browser, or the server. */
  #makeEngine() {
    const engine = settings.values.inBrowser ? new LocalEngine(this.#ids)
      : new LiveSocket(this.#ids, (error) => this.#refuse(error));
    engine.set(describeEngine());
    return engine;
  }

  /** Continues with the other engine. */
  #switchEngine() {
    this.#engine.close();
    this.#engine = this.#makeEngine();
    this.#clear();
    if (this.#source.kind) this.#status.show(describeStart());
    else this.#stage.showOff();
    this.#refresh();
  }

  #listen() {
    const { signal } = this.#leaving;
    const send = () => this.#engine.set(describeEngine());
    settings.on(["model", "prior", "detector", "threshold", "smoothing"], send, signal);
    settings.on(["inBrowser"], () => this.#switchEngine(), signal);
    settings.on(["mirror"], () => {
      this.#stage.mirror();
      this.#stage.show(this.#last);
    }, signal);
    settings.on(["camera"], () => { if (this.#source.kind === "camera") this.startCamera(); }, signal);
    profile.addEventListener("chosen", send, { signal });
    profile.addEventListener("changed", () => this.#engine.renewProfile(), { signal });
    listenForShortcuts(this.root, signal);
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#reconnect(), { signal });
    SMALL.addEventListener("change", () => this.#placeHeadline(), { signal });
    document.addEventListener("fullscreenchange", () => this.#placeHeadline(), { signal });
    this.#placeHeadline();
    streamFrames(this.#stage.video, () => this.#engine, {
      signal,
      onResult: (analyzed) => this.#show(analyzed),
      onError: (error) => this.#refuse(error),
    });
  }

  /** Over the video where that is all one sees, else above the people. */
  #placeHeadline() {
    if (SMALL.matches || document.fullscreenElement) this.#stage.screen.append(this.#headline.element);
    else this.#side.prepend(this.#headline.element);
  }

  /**
   * Shows why there is no result; a profile that no longer fits is deselected.
   *
   * @param {unknown} error
   */
  #refuse(error) {
    if (error instanceof LocalEngineError) this.#leaveBrowser(error);
    else if (profile.name && isOfProfile(error)) {
      notify(formatError(error), "alert"); // the status of the next frame would replace it
      profile.choose("").then(() => profile.load());
    } else this.#status.show(formatError(error), "alert");
  }

  /** Turns off what cannot run here, and the camera: no image goes to the server unasked. @param {LocalEngineError} error */
  #leaveBrowser(error) {
    this.#source.stop();
    settings.change({ inBrowser: false });
    this.#stage.showOff({ title: "Live cannot run in this browser", message: `${formatError(error)} ${LEFT}` });
    this.#refresh();
  }

  /** @param {() => Promise<void>} open */
  async #start(open) {
    this.#clear();
    this.#isPaused = false;
    this.#stage.video.removeAttribute("data-paused");
    this.#status.show("Starting …");
    this.#stage.showOn(false);
    try {
      await open();
      this.#lostDevice = "";
      this.#status.show(describeStart());
      this.#stage.showOn(this.#source.kind === "sample");
    } catch (error) {
      this.#stage.showOff(error instanceof SourceError ? error : { title: "No image", message: formatError(error) });
    }
    this.#refresh();
  }

  #stop() {
    this.#source.stop();
    this.#clear();
    this.#stage.showOff();
    this.#refresh();
  }

  #pause() {
    this.#isPaused = !this.#isPaused;
    const { video } = this.#stage;
    video.toggleAttribute("data-paused", this.#isPaused);
    if (this.#isPaused) video.pause();
    else video.play();
    this.#rate.clear();
    this.#status.show(this.#isPaused ? "Paused" : "");
    this.#refresh();
  }

  /** @param {string} device */
  #lose(device) {
    this.#lostDevice = device;
    this.#clear();
    this.#stage.showOff({ title: "Camera disconnected", message: "Plug it in again, or start another one." });
    this.#refresh();
  }

  /** Restarts the camera that was lost and is back. */
  async #reconnect() {
    const devices = (await listCameras()).map(({ deviceId }) => deviceId);
    if (this.#lostDevice && devices.includes(this.#lostDevice)) await this.startCamera();
  }

  /** @param {Analyzed} analyzed */
  #show(analyzed) {
    if (!this.#source.kind) return; // the camera was stopped meanwhile
    const { baseline } = this.#recording.marking, result = baseline.apply(analyzed.result), { faces } = result;
    this.#last = result;
    this.#stage.show(result);
    this.#cards.show({ ...analyzed, result }, (face) => baseline.describe(face));
    this.#headline.show(faces, this.#cards.chosen);
    this.#recording.add(analyzed);
    if (faces.length && !this.#hasFaces) {
      this.#hasFaces = true;
      startTour(this.#leaving.signal);
    }
    if (this.#isPaused) return this.#cards.scroll(analyzed.time); // it has no rate, and the status stays
    this.#rate.add(analyzed);
    this.#status.show(faces.length ? formatCount(faces.length, "face") : "No face detected");
  }

  #clear() {
    closePictureInPicture();
    this.#last = null;
    this.#stage.show(null);
    this.#headline.show([], null);
    this.#cards.clear();
    this.#rate.clear();
  }

  #refresh() {
    const isOn = this.#source.kind !== null, isSample = this.#source.kind === "sample";
    const isRecording = this.#recording.isOn;
    this.root.classList.toggle("on", isOn);
    this.#toolbar.show({ isOn, isSample, isPaused: isOn && this.#isPaused, isRecording });
    this.#cards.run(isOn && !this.#isPaused);
    profile.lock(isRecording); // a session has one profile
    settings.lock(isRecording); // and one model
  }
}

/** What an engine needs of the settings. */
const describeEngine = () => ({ ...settings.choice, profile: profile.name || null,
  unsure_below: settings.values.threshold, smoothing: settings.values.smoothing });

const describeStart = () => (settings.values.inBrowser ? "Loading the engine …" : "Detecting faces …");

/** @param {unknown} error */
const isOfProfile = (error) => (error instanceof ApiError ? PROFILE_ERRORS.has(error.code)
  : error instanceof Error && error.name === "ProfileError");
