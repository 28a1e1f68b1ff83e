/** The bundles of this folder, for `build.mjs`; `node experiments/build.js FOLDER` writes them alone. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));

/** The bundles share one `mien.js`, which lies beside them. @type {import("esbuild").Plugin} */
const mienApart = {
  name: "mien-apart",
  setup({ onResolve }) {
    onResolve({ filter: /\/src\/index\.js$/ }, () => ({ path: "./mien.js", external: true }));
  },
};

/** @type {(import("esbuild").BuildOptions & {outfile: string})[]} */
const PACKAGE = [
  ...Object.entries({ index: "trial", jspsych: "jspsych", psychojs: "psychojs", embed: "embed" }).map(([from, to]) => (
    { entryPoints: [join(HERE, `${from}.js`)], outfile: `${to}.js`, plugins: [mienApart] })),
  { entryPoints: [join(HERE, "embed.html")], outfile: "embed.html", loader: { ".html": "copy" } },
];

export const bundles = { package: PACKAGE };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { outfile, ...options } of PACKAGE) {
    const path = join(process.argv[2], outfile);
    await build({ ...options, bundle: true, format: "esm", target: "es2022", outfile: path });
  }
}
