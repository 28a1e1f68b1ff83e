import { make } from "../dom.js";
import { clock } from "../format.js";
import { toSentence } from "../notices.js";
import { Recorder } from "./recorder.js";

/** The recording, as the user sees it: whether it goes on, for how long, and where it is then. */
export class Recording {
  element = make("p", { class: "recording", role: "status" });
  #recorder = null;
  #busy = false;
  #onChange;

  /** @param {() => void} onChange called when a recording begins or ends. */
  constructor(onChange) {
    this.#onChange = onChange;
    addEventListener("beforeunload", this.#ask);
    addEventListener("pagehide", this.#hide);
  }

  get on() {
    return this.#recorder !== null;
  }

  /** Starts, or stops. @param {{model: string, profile: ?string}} by what answers. */
  async toggle(by) {
    if (this.#busy) return; // the last press is still at work
    this.#busy = true;
    try {
      await (this.on ? this.#stop() : this.#start(by));
    } catch (error) {
      this.element.replaceChildren(toSentence(error.message));
    }
    this.#busy = false;
    this.#onChange();
  }

  /** @param {import("./watch.js").Seen} seen */
  add(seen) {
    if (!this.on) return;
    this.#recorder.add(seen);
    const text = `Recording ${clock(this.#recorder.secondsAt(seen.time))}`;
    if (this.element.textContent !== text) this.element.textContent = text;
  }

  /** Ends the recording, if there is one, with its view. */
  close() {
    removeEventListener("beforeunload", this.#ask);
    removeEventListener("pagehide", this.#hide);
    if (this.on) this.#recorder.stop();
  }

  async #start(by) {
    const name = `Live, ${new Date().toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`;
    const onFailed = (error) => this.#fail(error);
    this.#recorder = await Recorder.start({ name, ...by, onFailed });
    this.element.replaceChildren("Recording 0:00");
  }

  async #stop() {
    const recorder = this.#recorder;
    await recorder.stop();
    this.#recorder = null;
    this.element.replaceChildren("Recorded. ", linkTo(recorder.session));
  }

  #fail(error) {
    const { session } = this.#recorder;
    this.#recorder = null;
    this.element.replaceChildren(`The recording ended: ${error.message} `, linkTo(session));
    this.#onChange();
  }

  #ask = (event) => {
    if (this.on) event.preventDefault(); // has the browser ask whether to leave
  };

  #hide = () => this.#recorder?.leave();
}

const linkTo = ({ id }) => make("a", { href: `#/sessions/${id}` }, "Open the session");
