/** @import { CameraStatus } from "./camera.js" */
/** @import { Texts } from "./consent.js" */
/** @import { Body } from "./protocol.js" */
import { load } from "../src/index.js";
import { ExperimentCamera } from "./camera.js";
import { TEXTS, askForCamera, paragraph } from "./consent.js";
import { VERSION, readOrigins, readRequest, readTexts } from "./protocol.js";
import { TrialRecorder, toColumns } from "./trial.js";

const PROGRESS = 1000; // milliseconds between summaries of a trial that goes on

/**
 * `embed.html`: asks for the camera in an iframe, and sends the summaries of trials to the page around it. Images stay
 * here. Only the origins of the URL's `#origins=` receive anything.
 */
class Embed {
  #origins;
  #camera = new ExperimentCamera(load());
  #recorder = new TrialRecorder(this.#camera);
  /** @type {?string} the origin that said hello. */
  #peer = null;
  /** @type {?string} */
  #trial = null;
  /** @type {?CameraStatus} */
  #reported = null;

  /** @param {string[]} origins */
  constructor(origins) {
    this.#origins = origins;
    addEventListener("message", (event) => this.#receive(event));
    setInterval(() => this.#report(), PROGRESS);
  }

  /** @param {HTMLElement} place @param {Partial<Texts>} texts */
  async ask(place, texts) {
    const status = await askForCamera(place, this.#camera, texts), { off } = { ...TEXTS, ...texts };
    place.replaceChildren(status === "on" ? this.#camera.makePreview() : paragraph(this.#camera.error ?? off));
    this.#report();
  }

  /** @param {MessageEvent} event */
  async #receive(event) {
    if (event.source !== parent) return;
    try {
      const request = readRequest(event, this.#origins);
      if (!request) return;
      this.#peer = event.origin;
      if (request.type === "hello") this.#send({ type: "ready", status: this.#camera.status });
      else if (request.type === "start") this.#start(request.trial);
      else await this.#stop(request.trial);
    } catch (error) {
      this.#peer = event.origin;
      this.#send({ type: "error", reason: /** @type {Error} */ (error).message });
    }
  }

  /** @param {string} trial */
  #start(trial) {
    this.#trial = trial;
    this.#recorder.start();
  }

  /** @param {string} trial */
  async #stop(trial) {
    if (trial !== this.#trial) {
      this.#send({ type: "error", reason: `the trial '${trial}' is not being recorded` });
      return;
    }
    this.#trial = null;
    this.#send({ type: "summary", trial, final: true, columns: toColumns(await this.#recorder.stop()) });
  }

  #report() {
    if (this.#camera.status !== this.#reported) {
      this.#reported = this.#camera.status;
      this.#send({ type: "status", status: this.#reported });
    }
    if (this.#trial === null) return;
    this.#send({ type: "summary", trial: this.#trial, final: false, columns: toColumns(this.#recorder.peek()) });
  }

  /** @param {Body} body */
  #send(body) {
    if (this.#peer !== null) parent.postMessage({ mien: VERSION, ...body }, this.#peer);
  }
}

const place = /** @type {HTMLElement} */ (document.querySelector("main"));
try {
  new Embed(readOrigins(location.hash)).ask(place, readTexts(location.hash));
} catch (error) {
  place.replaceChildren(paragraph(/** @type {Error} */ (error).message));
}
