import { connection } from "../connection.js";

const LONGEST_SIDE = 640, QUALITY = 0.85; // a face that a film's search would find stays findable
const PATIENCE = 1000; // milliseconds: a page out of sight gets no frames by itself, and a refusal may last

/**
 * Sends a video's frames over a line, one after the other, until it is told to stop.
 *
 * @param {HTMLVideoElement} video
 * @param {import("./line.js").Line} line
 * @param {{signal: AbortSignal, onSeen: (seen: Seen) => void, onRefused: (error: Error) => void}} given
 */
export async function watch(video, line, { signal, onSeen, onRefused }) {
  const canvas = document.createElement("canvas");
  let stood = false;
  while (!signal.aborted) {
    await nextFrame(video);
    // The frame at which the video was paused is looked at, too: what is said is of what is shown.
    if (signal.aborted || !video.videoWidth || (video.paused && stood)) continue;
    stood = video.paused;
    try {
      await line.open();
      onSeen(await see(video, line, canvas));
    } catch (error) {
      if (signal.aborted) return;
      onRefused(error);
      await Promise.all([connection.whenBack(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    }
  }
}

/**
 * @typedef {object} Seen
 * @property {object} result the server's, in pixels of the picture that was sent.
 * @property {number} time when the picture was taken, in seconds of the page's own clock.
 * @property {number} delay from then to the result, in seconds.
 */
async function see(video, line, canvas) {
  const time = performance.now() / 1000;
  const result = await line.look(await grab(video, canvas));
  return { result, time, delay: performance.now() / 1000 - time };
}

/** Waits for the camera's next frame. */
function nextFrame(video) {
  return new Promise((resolve) => {
    const waiting = video.requestVideoFrameCallback(() => {
      clearTimeout(late);
      resolve();
    });
    const late = setTimeout(() => {
      video.cancelVideoFrameCallback(waiting);
      resolve();
    }, PATIENCE);
  });
}

function grab(video, canvas) {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(LONGEST_SIDE / Math.max(videoWidth, videoHeight), 1);
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
