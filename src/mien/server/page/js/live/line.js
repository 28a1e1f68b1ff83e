import { ApiError, ask } from "../api.js";
import { connection } from "../connection.js";

const AGAIN = 2000; // milliseconds until a line that was refused is tried again
const LONGEST = 20_000; // milliseconds without an answer after which a line is given up

/**
 * A line to /v1/live with one frame under way. When it breaks, a new one is opened as soon as the
 * server answers, with the same settings; people are numbered on, for the server starts anew.
 */
export class Line {
  #socket = null;
  #waiting = null;
  #settings = { face_ids: true };
  #before = 0; // the highest number of a person on the lines before this one
  #highest = 0;
  #closed = false;

  /** @param {(error: ApiError) => void} onRefused told of a setting that the server refuses. */
  constructor(onRefused) {
    this.onRefused = onRefused;
  }

  /** Sets `model` or `unsure_below` for the frames that follow. */
  set(settings) {
    Object.assign(this.#settings, settings);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#tellSettings();
  }

  /**
   * Sends a picture and waits for its result.
   *
   * @param {Blob} picture
   * @returns {Promise<object>} the object of `mien predict --json`, with people and face_ids.
   * @throws {ApiError} the server refuses the picture, or the line broke.
   */
  look(picture) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.#giveUp(), LONGEST);
      this.#waiting = { resolve, reject, late };
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(picture);
      else this.#fail(broken());
    });
  }

  /** Opens the line, however long the server is away; returns at once where it is open. */
  async open() {
    while (!this.#closed && this.#socket?.readyState !== WebSocket.OPEN) {
      await connection.whenBack();
      if (await this.#connect()) return;
      await ask("GET", "/v1/models"); // tells why, where it is more than a line too many
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  #connect() {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/live`);
      this.#socket = socket;
      socket.onopen = () => {
        this.#before = this.#highest;
        this.#tellSettings();
        resolve(true);
      };
      socket.onclose = () => {
        if (socket === this.#socket) this.#fail(broken());
        resolve(false);
      };
      socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    });
  }

  #giveUp() {
    this.#fail(broken());
    this.#socket.close();
  }

  #tellSettings() {
    this.#socket.send(JSON.stringify(this.#settings));
  }

  #take(message) {
    if (message.settings) return;
    if (!message.error) this.#succeed(message);
    else if ("frame" in message) this.#fail(toError(message.error));
    else this.onRefused(toError(message.error));
  }

  #succeed(result) {
    for (const face of result.faces) {
      face.person += this.#before;
      this.#highest = Math.max(this.#highest, face.person);
    }
    this.#settle((waiting) => waiting.resolve(result));
  }

  #fail(error) {
    this.#settle((waiting) => waiting.reject(error));
  }

  #settle(end) {
    const waiting = this.#waiting;
    this.#waiting = null;
    clearTimeout(waiting?.late);
    if (waiting) end(waiting);
  }
}

const broken = () => new ApiError("the line to the server broke; it is opened again.", 0, "unreachable");
const toError = ({ message, code }) => new ApiError(message, 0, code);
