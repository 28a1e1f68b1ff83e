/// <reference path="./texts.d.ts" />
import sprite from "../../src/mien/server/page/icons.svg";

// The page is one file, so its icons lie in the document: ui/button.js looks for them when it is imported.
const icons = document.importNode(new DOMParser().parseFromString(sprite, "image/svg+xml").documentElement, true);
icons.id = "icons";
icons.setAttribute("hidden", "");
document.body.append(icons);
