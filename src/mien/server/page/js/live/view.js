/** @import { Result } from "../types.js" */
/** @import { Actions } from "./controls.js" */
/** @import { Analyzed } from "./stream.js" */
import { ApiError } from "../api.js";
import { make } from "../dom.js";
import { formatCount, formatError } from "../format.js";
import { notify, StatusLine } from "../notices.js";
import { makeOverlay } from "../overlay.js";
import { profile } from "../profile/current.js";
import { makeProfilePanel } from "../profile/panel.js";
import { Camera, saveSnapshot } from "./camera.js";
import { PersonCards } from "./cards.js";
import { Controls } from "./controls.js";
import { Recording } from "./recording.js";
import { LiveSocket, streamFrames } from "./stream.js";

const PROFILE_ERRORS = new Set(["not_found", "conflict"]); // a profile is gone, or of another model
const RATE_WINDOW = 2; // seconds

/** Live: the camera, with the expressions of the faces in view. @param {HTMLElement} root */
export function mount(root) {
  const live = new Live(root);
  return () => live.close();
}

class Live {
  #video = make("video", { autoplay: true, playsinline: true, "aria-label": "Camera image" });
  #overlay = makeOverlay(this.#video);
  #status = new StatusLine();
  #rate = new Rate();
  #cards = new PersonCards();
  #leaving = new AbortController();
  /** @type {?Result} */
  #last = null;
  #lostDevice = ""; // the camera that stopped by itself
  #isPaused = false;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.camera = new Camera(this.#video, () => this.#lose());
    this.socket = new LiveSocket((error) => this.#refuse(error));
    this.controls = new Controls(this.#actions());
    this.recording = new Recording(() => this.#refresh());
    root.append(make("h1", { class: "visually-hidden" }, "Live"), this.controls.element, this.#makeStage(),
      make("div", { class: "side" }, this.#cards.element, makeProfilePanel(this.#leaving.signal)));
    this.#status.show("Start the camera to see your expression live.");
    this.#listen();
  }

  close() {
    this.#leaving.abort();
    this.recording.close();
    profile.lock(false);
    this.camera.stop();
    this.socket.close();
    this.#overlay.release();
  }

  /** @returns {Actions} */
  #actions() {
    return {
      power: () => (this.camera.device ? this.#stop() : this.#start(this.controls.device)),
      pause: () => this.#pause(),
      record: () => this.recording.toggle({ ...this.controls.model, profile: profile.name || null, consent: this.controls.consent }),
      snapshot: () => saveSnapshot(this.#video, this.#last),
      mirror: () => this.#mirror(),
      chooseCamera: (device) => this.#start(device),
      chooseModel: (chosen) => this.socket.set(chosen),
      chooseThreshold: (threshold) => this.socket.set({ unsure_below: threshold }),
    };
  }

  #makeStage() {
    this.#mirror();
    return make("section", { class: "card stage", "aria-label": "Camera" }, this.#overlay.element,
      make("div", { class: "row" }, this.#status.element, this.recording.element, this.#rate.element),
      this.recording.marking.element);
  }

  #listen() {
    const { signal } = this.#leaving;
    addEventListener("keydown", (event) => this.#press(event), { signal });
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#reconnect(), { signal });
    const adapt = () => this.socket.set({ profile: profile.name || null });
    profile.addEventListener("chosen", adapt, { signal });
    adapt();
    this.controls.listCameras("");
    streamFrames(this.#video, this.socket, {
      signal,
      onResult: (analyzed) => this.#show(analyzed),
      onError: (error) => this.#refuse(error),
    });
  }

  /** M marks a moment, I starts and ends an interval. @param {KeyboardEvent} event */
  #press({ key, target, ctrlKey, metaKey, altKey, repeat }) {
    const isTyping = target instanceof Element && target.closest("input, textarea, select");
    if (!this.recording.isOn || isTyping || ctrlKey || metaKey || altKey || repeat) return;
    if (key.toLowerCase() === "m") this.recording.marking.addMarker();
    if (key.toLowerCase() === "i") this.recording.marking.toggleInterval();
  }

  /**
   * Shows why the server refuses; a profile that no longer fits is deselected.
   *
   * @param {unknown} error
   */
  #refuse(error) {
    if (profile.name && error instanceof ApiError && PROFILE_ERRORS.has(error.code)) {
      notify(error.message, "alert"); // the status of the next frame would replace it
      profile.choose("").then(() => profile.load());
    } else this.#status.show(formatError(error), "alert");
  }

  /** @param {string} device */
  async #start(device) {
    this.#lostDevice = "";
    this.#isPaused = false;
    this.#status.show("Starting camera …");
    try {
      await this.camera.start(device);
      this.#status.show("Detecting faces …");
    } catch (error) {
      this.#status.show(formatError(error), "alert");
    }
    await this.controls.listCameras(this.camera.device);
    this.#refresh();
  }

  #stop() {
    this.camera.stop();
    this.#clear();
    this.#status.show("Camera off");
    this.#refresh();
  }

  #pause() {
    this.#isPaused = !this.#isPaused;
    if (this.#isPaused) this.#video.pause();
    else this.#video.play();
    this.#rate.clear();
    this.#status.show(this.#isPaused ? "Paused" : "");
    this.#refresh();
  }

  #lose() {
    this.#lostDevice = this.controls.device;
    this.#clear();
    this.#status.show("Camera disconnected. Plug it in again or choose another one.", "alert");
    this.#refresh();
  }

  /** Lists the cameras again, and restarts the one that was lost and is back. */
  async #reconnect() {
    const devices = await this.controls.listCameras(this.camera.device);
    if (this.#lostDevice && devices.includes(this.#lostDevice)) await this.#start(this.#lostDevice);
  }

  /** @param {Analyzed} analyzed */
  #show(analyzed) {
    if (!this.camera.device) return; // the camera was stopped meanwhile
    const result = this.recording.marking.baseline.apply(analyzed.result), { faces } = result;
    this.#last = result;
    this.#draw();
    this.#cards.show({ ...analyzed, result });
    this.recording.add(analyzed);
    if (this.#isPaused) return; // the paused frame has no rate, and the status stays
    this.#rate.add(analyzed);
    this.#status.show(faces.length ? formatCount(faces.length, "face") : "No face detected");
  }

  #clear() {
    this.#last = null;
    this.#draw();
    this.#rate.clear();
  }

  #draw() {
    this.#overlay.show(this.#last, { mirrored: this.controls.isMirrored });
  }

  #mirror() {
    this.#video.classList.toggle("mirrored", this.controls.isMirrored);
    this.#draw();
  }

  #refresh() {
    const isOn = this.camera.device !== "", isRecording = this.recording.isOn;
    this.controls.show({ isOn, isPaused: isOn && this.#isPaused, isRecording });
    profile.lock(isRecording); // a session has one profile
  }
}

/** Frames per second and the median delay, over the last seconds. */
class Rate {
  element = make("p", { class: "rate muted" });
  /** @type {{time: number, delay: number}[]} */
  #recent = [];

  /** @param {Analyzed} analyzed */
  add({ time, delay }) {
    this.#recent = [...this.#recent.filter((frame) => frame.time > time - RATE_WINDOW), { time, delay }];
    if (this.#recent.length > 1) this.element.textContent = this.#format();
  }

  clear() {
    this.#recent = [];
    this.element.textContent = "";
  }

  #format() {
    const frames = this.#recent;
    const fps = (frames.length - 1) / (frames[frames.length - 1].time - frames[0].time);
    const delays = frames.map(({ delay }) => delay).sort((first, second) => first - second);
    const delay = 1000 * delays[Math.floor(delays.length / 2)];
    return `${fps.toFixed(fps < 10 ? 1 : 0)} fps · ${delay.toFixed(0)} ms`;
  }
}
