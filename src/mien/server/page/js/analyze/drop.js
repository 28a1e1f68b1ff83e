import { make } from "../dom.js";

const KINDS = "image/*,video/*,.heic,.heif,.mkv,.avi"; // some systems do not know the last four
const VIDEO_NAME = /\.(mp4|m4v|mov|mkv|avi|webm|mpe?g|wmv|ts)$/i;

/**
 * Whether a file is a video; by its name where the system knows no type for it.
 *
 * @param {File} file
 */
export const isVideo = ({ type, name }) => type.startsWith("video/") || (!type && VIDEO_NAME.test(name));

/**
 * Where files are dropped, browsed for or pasted.
 *
 * @param {HTMLElement} view takes what is dropped anywhere on it.
 * @param {(files: File[]) => void} onFiles
 */
export function makeDropZone(view, onFiles) {
  const input = make("input", { type: "file", id: "files", multiple: true, accept: KINDS, onchange: () => {
    onFiles([...input.files ?? []]);
    input.value = ""; // so that the same file can be chosen again
  } });
  const zone = make("div", { class: "drop" },
    make("label", { for: "files" }, "Drop photos or videos here, paste, or browse"), input);
  listenTo(view, zone, onFiles);
  return zone;
}

/** @param {HTMLElement} view @param {HTMLElement} zone @param {(files: File[]) => void} onFiles */
function listenTo(view, zone, onFiles) {
  /** @param {DragEvent} event */
  const dragOver = (event) => {
    event.preventDefault(); // else the browser would open the file in place of the page
    zone.classList.toggle("over", event.type === "dragover");
  };
  view.addEventListener("dragover", dragOver);
  view.addEventListener("dragleave", dragOver);
  view.addEventListener("drop", async (event) => {
    dragOver(event);
    if (event.dataTransfer) onFiles(await filesOf(event.dataTransfer));
  });
  addEventListener("paste", ({ clipboardData }) => {
    if (view.isConnected && clipboardData) onFiles([...clipboardData.files]);
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
