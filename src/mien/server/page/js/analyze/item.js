/** @import { ModelChoice, Result } from "../types.js" */
/** @import { Queue } from "./queue.js" */
import { ApiError } from "../api.js";
import { formatSize } from "../facts.js";
import { capitalize, formatError } from "../format.js";

/** @typedef {"queued"|"running"|"done"|"failed"|"cancelled"} ItemState */
/** @typedef {ModelChoice & {profile: ?string}} ItemSettings by which a file is analyzed. */

/**
 * Analyzes an item's file, and notes what it found on the item; its errors are shown to the user.
 *
 * @typedef {(item: Item, signal: AbortSignal) => Promise<void>} Analysis
 */

/**
 * A photo or a video: its state and its result. It has no element; only those in view are drawn.
 */
export class Item {
  /** @type {ItemState} */
  state = "queued";
  /** What is told of it, such as "Analyzing …" or why it failed. */
  status = "Queued";
  /** @type {?number} from 0 to 1; null where it cannot be told. */
  progress = null;
  /** @type {?Result} of a photo, labelled without a threshold. */
  result = null;
  /** @type {?number} of a video. */
  session = null;
  /** @type {Map<number, string>} the labels that the user gave, by the face's place. */
  corrections = new Map();
  /** @type {?ItemSettings} null until it is first sent. */
  settings = null;
  #abort = new AbortController();

  /**
   * @param {File} file
   * @param {boolean} isVideo
   * @param {Analysis} analyze
   * @param {Queue} queue
   * @param {(item: Item) => void} onChange
   */
  constructor(file, isVideo, analyze, queue, onChange) {
    this.file = file;
    this.isVideo = isVideo;
    this.analyze = analyze;
    this.queue = queue;
    this.onChange = onChange;
  }

  get name() {
    return this.file.name;
  }

  /** Whether nothing more will happen by itself. */
  get isOver() {
    return this.state !== "queued" && this.state !== "running";
  }

  /** Whether it can be tried again. */
  get isRetryable() {
    return this.state === "failed" || this.state === "cancelled";
  }

  /** Puts the item in its queue; an earlier result is forgotten. @param {ItemSettings} settings */
  start(settings) {
    if (!this.isOver) this.#abort.abort();
    const abort = this.#abort = new AbortController();
    Object.assign(this, { settings, result: null, session: null });
    this.corrections.clear();
    this.#set("queued", "Queued");
    this.queue.add(() => this.#run(abort.signal));
  }

  /** @param {string} text @param {?number} [progress] from 0 to 1. */
  showStatus(text, progress = null) {
    this.status = capitalize(text);
    this.progress = progress;
    this.onChange(this);
  }

  /** Notes a correction of a face's label; null takes it back. @param {number} index @param {?string} label */
  correct(index, label) {
    if (label === null) this.corrections.delete(index);
    else this.corrections.set(index, label);
    this.onChange(this);
  }

  cancel() {
    if (this.isOver) return;
    this.#abort.abort();
    this.#set("cancelled", "Cancelled");
  }

  /** @param {AbortSignal} signal */
  async #run(signal) {
    if (signal.aborted) return; // cancelled, or started again, while it was queued
    this.#set("running", "Analyzing …");
    try {
      await demandReadable(this.file);
      await this.analyze(this, signal);
      if (!signal.aborted) this.#set("done", this.status);
    } catch (error) {
      if (!signal.aborted) this.#set("failed", explain(error, this.file));
    }
  }

  /** @param {ItemState} state @param {string} text */
  #set(state, text) {
    this.state = state;
    this.showStatus(text);
  }
}

const TOO_LARGE = 413; // HTTP's status

/** Why a file failed. @param {unknown} error @param {File} file */
function explain(error, file) {
  if (!(error instanceof ApiError) || error.status !== TOO_LARGE) return formatError(error);
  return `${formatSize(file.size)} is more than the server takes. Make the file smaller.`;
}

/**
 * Throws where a file is gone; an upload of it would look like a server that is away.
 *
 * @param {File} file
 */
async function demandReadable(file) {
  const reader = file.stream().getReader();
  try {
    await reader.read();
    reader.cancel();
  } catch {
    throw new Error("cannot read the file anymore. Choose it again.");
  }
}
