/** The clip's frames, decoded before anything is timed. */

/**
 * Decodes every frame of a clip into a canvas of its own: all libraries take a canvas.
 *
 * @param {string} url
 * @param {number} count of its frames.
 * @param {number} fps
 * @returns {Promise<HTMLCanvasElement[]>}
 */
export async function loadFrames(url, count, fps) {
  const file = await (await fetch(url)).blob();
  const video = Object.assign(document.createElement("video"), { muted: true, src: URL.createObjectURL(file) });
  await happens(video, "loadeddata");
  const frames = [];
  for (let number = 0; number < count; number++) {
    const sought = happens(video, "seeked");
    video.currentTime = (number + 0.5) / fps;
    await sought;
    frames.push(draw(video, video.videoWidth, video.videoHeight));
  }
  return frames;
}

/** @param {string} url @returns {Promise<HTMLCanvasElement>} */
export async function drawPhoto(url) {
  const photo = Object.assign(new Image(), { src: url });
  await photo.decode();
  return draw(photo, photo.naturalWidth, photo.naturalHeight);
}

/** @param {CanvasImageSource} source @param {number} width @param {number} height */
function draw(source, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  // Kept in main memory: without a graphics card, reading a canvas back from one would be timed, too.
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(source, 0, 0);
  return canvas;
}

/** @param {EventTarget} target @param {string} event */
function happens(target, event) {
  return new Promise((resolve, reject) => {
    target.addEventListener(event, resolve, { once: true });
    target.addEventListener("error", () => reject(new Error(`no ${event}`)), { once: true });
  });
}
