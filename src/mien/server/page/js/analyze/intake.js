import { make } from "../dom.js";
import { formatCount } from "../format.js";
import { makeCheckbox } from "../panel/choices.js";
import { makeButton, makeIcon } from "../ui/button.js";
import { isVideo, makeFileButton } from "../ui/files.js";

/** The drawn portraits that come with Mien, in page/sample. */
const SAMPLE = ["ada-happy", "ben-surprise", "cleo-happy", "ada-sad", "ben-angry", "cleo-neutral"].map((name) => `${name}.webp`);
const PHOTO_NAME = /\.(jpe?g|jfif|png|webp|heic|heif|avif|tiff?|bmp|gif)$/i;
const NAMED = 3; // of the skipped files

/**
 * The way in: a place to drop files, and the buttons that choose them.
 *
 * @param {HTMLElement} view takes what is dropped anywhere on it.
 * @param {(files: File[]) => void} onFiles
 * @param {() => void} onSample
 */
export function makeIntake(view, onFiles, onSample) {
  const files = makeFileButton(view, onFiles, { text: "Choose files", icon: "folder-open", kind: "primary big" });
  const folder = makeFolderButton(onFiles);
  const element = make("section", { class: "intake" }, makeIcon("images"),
    make("h2", {}, "Drop photos, videos or folders here"),
    make("p", {}, "Each face gets its label. Everything stays on this computer and in this page, until you save or download it."),
    make("div", { class: "row" }, files, folder, makeButton("Try the sample", { icon: "sparkles", kind: "big", onclick: onSample })),
    make("p", { class: "small" }, "You can also paste an image. A video becomes a session with a timeline."),
    makeCheckbox("Save videos for playback", "saveVideos"));
  /** Browses as its buttons do. @param {HTMLElement} button */
  const press = (button) => button.querySelector("button")?.click();
  return { element, browseFiles: () => press(files), browseFolder: () => press(folder) };
}

/** @param {(files: File[]) => void} onFiles */
function makeFolderButton(onFiles) {
  const input = make("input", { type: "file", webkitdirectory: true, hidden: true, "aria-label": "Choose a folder", onchange: () => {
    onFiles([...input.files ?? []]);
    input.value = ""; // so that the same folder can be chosen again
  } });
  return make("span", { class: "file-button" }, makeButton("Choose a folder", { icon: "folder-open", kind: "big", onclick: () => input.click() }), input);
}

/** Loads the drawn portraits. @returns {Promise<File[]>} */
export function loadSample() {
  return Promise.all(SAMPLE.map(async (name) => {
    const response = await fetch(`/page/sample/${name}`);
    if (!response.ok) throw new Error("the sample is missing. Install Mien anew, or choose files of your own.");
    return new File([await response.blob()], name, { type: "image/webp" });
  }));
}

/** Tells photos and videos from what is neither. @param {File[]} files */
export function sortOut(files) {
  const groups = Map.groupBy(files, (file) => isVideo(file) || file.type.startsWith("image/") || PHOTO_NAME.test(file.name));
  return { taken: groups.get(true) ?? [], skipped: groups.get(false) ?? [] };
}

/** What was skipped, in one line. @param {File[]} files at least one. */
export function formatSkipped(files) {
  const names = files.slice(0, NAMED).map(({ name }) => name), more = files.length - names.length;
  const list = [...names, ...(more ? [`${more.toLocaleString("en")} more`] : [])].join(", ");
  return `${formatCount(files.length, "file")} skipped, for ${files.length === 1 ? "it is no photo or video" : "they are no photos or videos"}: ${list}.`;
}
