import { make } from "../dom.js";
import { makeButton } from "./button.js";

const KINDS = "image/*,video/*,.heic,.heif,.mkv,.avi"; // some systems do not know the last four
const VIDEO_NAME = /\.(mp4|m4v|mov|mkv|avi|webm|mpe?g|wmv|ts)$/i;

/**
 * Whether a file is a video; by its name where the system knows no type for it.
 *
 * @param {File} file
 */
export const isVideo = ({ type, name }) => type.startsWith("video/") || (!type && VIDEO_NAME.test(name));

/**
 * A button that browses for photos, videos and whole folders; files may also be dropped anywhere on
 * the view, or pasted.
 *
 * @param {HTMLElement} view takes what is dropped on it; gets the class "over" meanwhile.
 * @param {(files: File[]) => void} onFiles
 * @param {import("./button.js").ButtonOptions & {text?: string}} [options] of the button.
 */
export function makeFileButton(view, onFiles, { text = "Choose files", ...options } = { icon: "folder-open" }) {
  const input = make("input", { type: "file", multiple: true, accept: KINDS, hidden: true, "aria-label": text, onchange: () => {
    onFiles([...input.files ?? []]);
    input.value = ""; // so that the same file can be chosen again
  } });
  const button = makeButton(text, { ...options, onclick: () => input.click() });
  listenTo(view, onFiles);
  return make("span", { class: "file-button" }, button, input);
}

/** @param {HTMLElement} view @param {(files: File[]) => void} onFiles */
function listenTo(view, onFiles) {
  /** @param {DragEvent} event */
  const dragOver = (event) => {
    event.preventDefault(); // else the browser would open the file in place of the page
    view.classList.toggle("over", event.type === "dragover");
  };
  view.addEventListener("dragover", dragOver);
  view.addEventListener("dragleave", dragOver);
  view.addEventListener("drop", async (event) => {
    dragOver(event);
    if (event.dataTransfer) onFiles(await filesOf(event.dataTransfer));
  });
  addEventListener("paste", ({ clipboardData }) => {
    if (view.isConnected && clipboardData?.files.length) onFiles([...clipboardData.files]);
  });
}

/** The dropped files, those in folders included. @param {DataTransfer} transfer */
async function filesOf({ items }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map(readEntry))).flat();
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function readEntry(entry) {
  if (entry.isFile) return [await openFile(/** @type {FileSystemFileEntry} */ (entry))];
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader(), files = [];
  for (;;) { // the browser lists a hundred entries at a time
    const entries = await readBatch(reader);
    if (!entries.length) return files;
    for (const child of entries) files.push(...await readEntry(child));
  }
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const openFile = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** @param {FileSystemDirectoryReader} reader @returns {Promise<FileSystemEntry[]>} */
const readBatch = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
