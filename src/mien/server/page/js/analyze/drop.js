import { make } from "../dom.js";

const KINDS = "image/*,video/*,.heic,.heif,.mkv,.avi"; // the last are unknown to some systems
const FILM = /\.(mp4|m4v|mov|mkv|avi|webm|mpe?g|wmv|ts)$/i;

/** Whether a file is a film; by its name where the system knows no type for it. */
export const isFilm = ({ type, name }) => type.startsWith("video/") || (!type && FILM.test(name));

/**
 * Where files are dropped, chosen or pasted.
 *
 * @param {HTMLElement} view takes what is dropped anywhere on it.
 * @param {(files: File[]) => void} onFiles
 * @returns {HTMLElement}
 */
export function makeDropZone(view, onFiles) {
  const input = make("input", { type: "file", id: "files", multiple: true, accept: KINDS, onchange: () => {
    onFiles([...input.files]);
    input.value = ""; // so that the same file can be chosen again
  } });
  const zone = make("div", { class: "drop" },
    make("label", { for: "files" }, "Drop photos and films here, paste them, or choose them:"), input);
  listenTo(view, zone, onFiles);
  return zone;
}

function listenTo(view, zone, onFiles) {
  const over = (event) => {
    event.preventDefault(); // else the browser would open the file in place of the page
    zone.classList.toggle("over", event.type === "dragover");
  };
  view.addEventListener("dragover", over);
  view.addEventListener("dragleave", over);
  view.addEventListener("drop", async (event) => {
    over(event);
    onFiles(await filesOf(event.dataTransfer));
  });
  addEventListener("paste", ({ clipboardData }) => {
    if (view.isConnected) onFiles([...clipboardData.files]);
  });
}

/** The files that were dropped, those in folders too. */
async function filesOf({ items }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry);
  return (await Promise.all(entries.map(readEntry))).flat();
}

async function readEntry(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader(), found = [];
  for (;;) { // a folder is read a hundred names at a time
    const names = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!names.length) return found;
    for (const one of names) found.push(...await readEntry(one));
  }
}
