/** What keeps the camera from being used; the message tells the user the remedy. */
export class CameraError extends Error {}

const REASONS = {
  NotAllowedError: "The camera was refused. Allow it for this page in the browser's address bar, "
    + "then start it again.",
  NotFoundError: "There is no camera. Plug one in, then start it again.",
  NotReadableError: "The camera cannot be read; another program may be using it. Close that one, "
    + "then start it again.",
};
const INSECURE = "The browser gives the camera to pages at https or 127.0.0.1 alone. Open Studio on "
  + "the machine that it runs on, or put it behind https.";
const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };

/** The cameras that are plugged in; nameless until one has been allowed. */
export async function listCameras() {
  const devices = await navigator.mediaDevices?.enumerateDevices() ?? [];
  return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
}

/** The camera that a video element shows. */
export class Camera {
  #video;
  #onLost;
  #stream = null;
  #turn = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {() => void} onLost called when the camera goes by itself, as when it is unplugged.
   */
  constructor(video, onLost) {
    this.#video = video;
    this.#onLost = onLost;
  }

  /** The number that the browser gives the camera; empty where none is used. */
  get device() {
    return this.#stream?.getVideoTracks()[0].getSettings().deviceId ?? "";
  }

  /**
   * Opens a camera in place of the last one.
   *
   * @param {string} device one of `listCameras`; empty takes what the browser likes.
   * @throws {CameraError} it cannot be used.
   */
  async start(device) {
    this.stop();
    const turn = this.#turn, stream = await open(device);
    if (turn !== this.#turn) return release(stream); // another was asked for meanwhile, or none
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      this.stop();
      this.#onLost();
    });
    this.#video.srcObject = this.#stream = stream;
  }

  /** Lets the camera go; its light turns off. */
  stop() {
    this.#turn++;
    if (this.#stream) release(this.#stream);
    this.#video.srcObject = this.#stream = null;
  }
}

const release = (stream) => stream.getTracks().forEach((track) => track.stop());

async function open(device) {
  if (!navigator.mediaDevices) throw new CameraError(INSECURE);
  const video = device ? { ...SIZE, deviceId: { exact: device } } : SIZE;
  try {
    return await navigator.mediaDevices.getUserMedia({ video });
  } catch (error) {
    if (error.name === "OverconstrainedError" && device) return open(""); // it is not there any more
    throw new CameraError(REASONS[error.name] ?? `The camera cannot be used (${error.message}).`);
  }
}
