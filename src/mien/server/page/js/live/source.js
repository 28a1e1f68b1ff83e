/** Why there are no images; the title says what is wrong, the message what to do. */
export class SourceError extends Error {
  /** @param {string} title @param {string} message */
  constructor(title, message) {
    super(message);
    this.title = title;
  }
}

/** @type {Record<string, [string, string]>} */
const REASONS = {
  NotAllowedError: ["Camera access denied",
    "Allow the camera for this page in the browser's address bar, then start it again."],
  NotFoundError: ["No camera found", "Plug one in, then start it again."],
  NotReadableError: ["Cannot read the camera",
    "Another program may be using it. Close that program, then start the camera again."],
};
const INSECURE = /** @type {const} */ (["The camera needs a secure page",
  "Browsers allow it only at https or 127.0.0.1. "
  + "Open Studio on the computer that it runs on, or start it with --https."]);
const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };
const SAMPLE = "/page/sample/sample", H264 = 'video/mp4; codecs="avc1.42E01E"';

/** Where a video element's images come from: a camera, or the sample. */
export class Source {
  #video;
  #onLost;
  /** @type {?MediaStream} */
  #stream = null;
  #turn = 0;
  /** @type {?("camera"|"sample")} null while there are no images. */
  kind = null;

  /**
   * @param {HTMLVideoElement} video
   * @param {(device: string) => void} onLost called with the browser's id of the camera, when it stops by
   *   itself, as when it is unplugged.
   */
  constructor(video, onLost) {
    this.#video = video;
    this.#onLost = onLost;
  }

  /** The browser's id of the camera; empty where none is on. */
  get device() {
    return this.#stream?.getVideoTracks()[0].getSettings().deviceId ?? "";
  }

  /**
   * Starts a camera in place of what was there.
   *
   * @param {string} device one of `listCameras`; empty takes the browser's default.
   * @throws {SourceError}
   */
  async startCamera(device) {
    this.stop();
    const turn = this.#turn, stream = await openCamera(device);
    if (turn !== this.#turn) return release(stream); // another was started meanwhile, or none
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      const lost = this.device;
      this.stop();
      this.#onLost(lost);
    });
    this.#video.srcObject = this.#stream = stream;
    this.kind = "camera";
  }

  /** Plays the sample, over and over. @throws {SourceError} */
  async startSample() {
    this.stop();
    const turn = this.#turn, ending = this.#video.canPlayType(H264) ? "mp4" : "webm";
    const response = await fetch(`${SAMPLE}.${ending}`).catch(() => null);
    if (!response?.ok) throw new SourceError("The sample is missing", "Install Mien again, or start the camera.");
    const clip = await response.blob(); // whole, so that it starts over without a request
    if (turn !== this.#turn) return;
    this.#video.src = URL.createObjectURL(clip);
    this.kind = "sample";
    await this.#video.play().catch(() => {
      if (turn !== this.#turn) return;
      this.stop();
      throw new SourceError("This browser cannot play the sample", "Start the camera, or use another browser.");
    });
  }

  /** Stops it; a camera's light turns off. */
  stop() {
    this.#turn++;
    this.kind = null;
    if (this.#stream) release(this.#stream);
    this.#video.srcObject = this.#stream = null;
    if (!this.#video.hasAttribute("src")) return;
    URL.revokeObjectURL(this.#video.src);
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}

/** @param {MediaStream} stream */
const release = (stream) => stream.getTracks().forEach((track) => track.stop());

/** @param {string} device @returns {Promise<MediaStream>} */
async function openCamera(device) {
  if (!navigator.mediaDevices) throw new SourceError(...INSECURE);
  const video = device ? { ...SIZE, deviceId: { exact: device } } : SIZE;
  try {
    return await navigator.mediaDevices.getUserMedia({ video });
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    if (name === "OverconstrainedError" && device) return openCamera(""); // it was unplugged
    const [title, advice] = REASONS[name] ?? ["Cannot use the camera", message];
    throw new SourceError(title, advice);
  }
}
