/** @import { Result } from "../types.js" */
import { contextOf } from "../canvas.js";
import { make, saveFile } from "../dom.js";
import { formatStamp } from "../format.js";
import { paintFaces } from "../overlay.js";

/** Why the camera cannot be used; the message says what to do. */
export class CameraError extends Error {}

/** @type {Record<string, string>} */
const REASONS = {
  NotAllowedError: "Camera access denied. Allow it for this page in the browser's address bar, "
    + "then start the camera again.",
  NotFoundError: "No camera found. Plug one in, then start it again.",
  NotReadableError: "Cannot read the camera; another program may be using it. Close that program, "
    + "then start the camera again.",
};
const INSECURE = "Browsers allow the camera only on pages at https or 127.0.0.1. Open Studio on the "
  + "computer that it runs on, or serve it over https.";
const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };

/** The connected cameras; they have no ids until the user has allowed one. */
export async function listCameras() {
  const devices = await navigator.mediaDevices?.enumerateDevices() ?? [];
  return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
}

/** The camera that a video element shows. */
export class Camera {
  #video;
  #onLost;
  /** @type {?MediaStream} */
  #stream = null;
  #turn = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {() => void} onLost called when the camera stops by itself, as when it is unplugged.
   */
  constructor(video, onLost) {
    this.#video = video;
    this.#onLost = onLost;
  }

  /** The browser's id of the camera; empty while it is off. */
  get device() {
    return this.#stream?.getVideoTracks()[0].getSettings().deviceId ?? "";
  }

  /**
   * Starts a camera in place of the last one.
   *
   * @param {string} device one of `listCameras`; empty takes the browser's default.
   * @throws {CameraError}
   */
  async start(device) {
    this.stop();
    const turn = this.#turn, stream = await open(device);
    if (turn !== this.#turn) return release(stream); // another was started meanwhile, or none
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      this.stop();
      this.#onLost();
    });
    this.#video.srcObject = this.#stream = stream;
  }

  /** Stops the camera; its light turns off. */
  stop() {
    this.#turn++;
    if (this.#stream) release(this.#stream);
    this.#video.srcObject = this.#stream = null;
  }
}

/** @param {MediaStream} stream */
const release = (stream) => stream.getTracks().forEach((track) => track.stop());

/** @param {string} device @returns {Promise<MediaStream>} */
async function open(device) {
  if (!navigator.mediaDevices) throw new CameraError(INSECURE);
  const video = device ? { ...SIZE, deviceId: { exact: device } } : SIZE;
  try {
    return await navigator.mediaDevices.getUserMedia({ video });
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    if (name === "OverconstrainedError" && device) return open(""); // it was unplugged
    throw new CameraError(REASONS[name] ?? `Cannot use the camera (${message}).`);
  }
}

/**
 * Saves what the camera shows now, with the faces of the last result, as a PNG.
 *
 * @param {HTMLVideoElement} video
 * @param {?Result} result
 */
export function saveSnapshot(video, result) {
  const canvas = make("canvas", { width: video.videoWidth, height: video.videoHeight });
  const context = contextOf(canvas);
  context.drawImage(video, 0, 0);
  if (result) paintFaces(context, result, video.videoWidth / result.width);
  canvas.toBlob((png) => { if (png) saveFile(png, `mien-${formatStamp()}.png`); });
}
