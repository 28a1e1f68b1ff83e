/** What `web/build.mjs` builds of this folder: the script and the style of the page of `mien page`. */
export const bundles = {
  built: [
    {
      entryPoints: ["lab/main.js"], outfile: "lab.js", format: "iife", loader: { ".svg": "text", ".css": "text" },
      define: { "import.meta.url": "document.baseURI" }, // of files that the page has within
      ignoreAnnotations: true, // "sideEffects": false would leave icons.js out
    },
    { // a page from a disk may start classic workers alone
      entryPoints: ["src/worker.js"], outfile: "lab.worker.js", format: "iife",
      define: { "import.meta.url": "self.location.href" },
    },
    { entryPoints: ["lab/lab.css"], outfile: "lab.css" },
  ],
};
