import { make } from "../dom.js";
import { count } from "../format.js";
import { Message } from "../message.js";
import { makePicture } from "../picture.js";
import { profile } from "../profile/current.js";
import { makeProfilePanel } from "../profile/panel.js";
import { Camera } from "./camera.js";
import { Controls } from "./controls.js";
import { Line } from "./line.js";
import { People } from "./people.js";
import { Rate } from "./rate.js";
import { Recording } from "./recording.js";
import { saveSnapshot } from "./snapshot.js";
import { watch } from "./watch.js";

const PROFILE = new Set(["not_found", "conflict"]); // what the server calls one that does not fit

/** Live: what the camera shows, its faces named as they change. */
export function mount(root) {
  const live = new Live(root);
  return () => live.close();
}

class Live {
  #video = make("video", { autoplay: true, playsinline: true, "aria-label": "What the camera shows" });
  #picture = makePicture(this.#video);
  #message = new Message();
  #rate = new Rate();
  #people = new People();
  #leave = new AbortController();
  #last = null; // the last result
  #lost = ""; // the camera that went by itself
  #paused = false;

  constructor(root) {
    this.camera = new Camera(this.#video, () => this.#lose());
    this.line = new Line((error) => this.#refuse(error));
    this.controls = new Controls(this.#actions());
    this.recording = new Recording(() => this.#refresh());
    root.append(make("h1", { class: "spoken" }, "Live"), this.controls.element, this.#stage(),
      make("div", { class: "side" }, this.#people.element, makeProfilePanel(this.#leave.signal)));
    this.#message.say("Start the camera, and look into it.");
    this.#listen();
  }

  close() {
    this.#leave.abort();
    this.recording.close();
    profile.hold(false);
    this.camera.stop();
    this.line.close();
    this.#picture.release();
  }

  #actions() {
    return {
      power: () => (this.camera.device ? this.#stop() : this.#start(this.controls.device)),
      pause: () => this.#pause(),
      record: () => this.recording.toggle({ model: this.controls.model, profile: profile.name || null }),
      snapshot: () => saveSnapshot(this.#video, this.#last),
      mirror: () => this.#mirror(),
      chooseCamera: (device) => this.#start(device),
      chooseModel: (model) => this.line.set({ model }),
      chooseUnsure: (part) => this.line.set({ unsure_below: part }),
    };
  }

  #stage() {
    this.#mirror();
    return make("section", { class: "card stage", "aria-label": "Camera" }, this.#picture.element,
      make("div", { class: "row" }, this.#message.element, this.recording.element, this.#rate.element));
  }

  #listen() {
    const { signal } = this.#leave;
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#plugged(), { signal });
    const adapt = () => this.line.set({ profile: profile.name || null });
    profile.addEventListener("chosen", adapt, { signal });
    adapt();
    this.controls.listCameras("");
    watch(this.#video, this.line, {
      signal,
      onSeen: (seen) => this.#show(seen),
      onRefused: (error) => this.#refuse(error),
    });
  }

  /** Tells what the server refuses; a profile that is gone, or of another model, is let go. */
  #refuse(error) {
    this.#message.say(error.message, "alert");
    if (PROFILE.has(error.code) && profile.name) profile.load().then(() => profile.choose(""));
  }

  async #start(device) {
    this.#lost = "";
    this.#paused = false;
    this.#message.say("Starting the camera …");
    try {
      await this.camera.start(device);
      this.#message.say("Looking for faces …");
    } catch (error) {
      this.#message.say(error.message, "alert");
    }
    await this.controls.listCameras(this.camera.device);
    this.#refresh();
  }

  #stop() {
    this.camera.stop();
    this.#clear();
    this.#message.say("The camera is off.");
    this.#refresh();
  }

  #pause() {
    this.#paused = !this.#paused;
    if (this.#paused) this.#video.pause();
    else this.#video.play();
    this.#rate.clear();
    this.#message.say(this.#paused ? "Paused." : "");
    this.#refresh();
  }

  #lose() {
    this.#lost = this.controls.device;
    this.#clear();
    this.#message.say("The camera is gone. Plug it in again, or choose another one.", "alert");
    this.#refresh();
  }

  /** Lists the cameras anew, and takes up the one that went and is back. */
  async #plugged() {
    const devices = await this.controls.listCameras(this.camera.device);
    if (this.#lost && devices.includes(this.#lost)) await this.#start(this.#lost);
  }

  #show(seen) {
    if (!this.camera.device) return; // it was stopped while this was on its way
    const { faces } = this.#last = seen.result;
    this.#draw();
    this.#people.show(seen);
    this.recording.add(seen);
    if (this.#paused) return; // the frame that is held: no rate, and what is said stays
    this.#rate.add(seen);
    this.#message.say(faces.length ? count(faces.length, "face") : "No face in view.");
  }

  #clear() {
    this.#last = null;
    this.#draw();
    this.#rate.clear();
  }

  #draw() {
    this.#picture.show(this.#last, { mirrored: this.controls.mirrored });
  }

  #mirror() {
    this.#video.classList.toggle("mirrored", this.controls.mirrored);
    this.#draw();
  }

  #refresh() {
    const on = this.camera.device !== "";
    const recording = this.recording.on;
    this.controls.show({ on, paused: on && this.#paused, recording });
    profile.hold(recording); // a session has one
  }
}
