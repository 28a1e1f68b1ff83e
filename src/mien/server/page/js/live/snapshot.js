import { saveAs } from "../dom.js";
import { stamp } from "../format.js";
import { paintFaces } from "../overlay.js";

/** Saves what the camera shows now, with the faces of the last result, as a PNG of its own. */
export function saveSnapshot(video, result) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0);
  if (result) paintFaces(pen, result, video.videoWidth / result.width);
  canvas.toBlob((png) => saveAs(png, `mien-${stamp()}.png`));
}
