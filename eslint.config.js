import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";

import js from "@eslint/js";

const PAGE = "src/mien/server/page/js";

/** The files that a module imports at run time; imports within comments are of types only. */
function importsOf(file) {
  if (!existsSync(file)) return []; // tsc reports it
  const statements = readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^;]*?from "(\.[^"]+)";/gm);
  return [...statements].map(([, path]) => resolve(dirname(file), path));
}

/** The way from a module to one that it must not reach; null where there is none. */
function findWay(file, target, known = new Set()) {
  if (file === target) return [file];
  if (known.has(file)) return null;
  known.add(file);
  for (const next of importsOf(file)) {
    const way = findWay(next, target, known);
    if (way) return [file, ...way];
  }
  return null;
}

const noImportCycle = {
  create(context) {
    const file = context.filename;
    return {
      ImportDeclaration(node) {
        const way = node.source.value.startsWith(".") ? findWay(resolve(dirname(file), node.source.value), file) : null;
        const names = way?.map((path) => relative(PAGE, path)).join(" -> ");
        if (way) context.report({ node, message: `Circular import: ${relative(PAGE, file)} -> ${names}` });
      },
    };
  },
};

/** A view's modules do not import another view's; shared modules import no view's. */
function forbidImports(files, ...folders) {
  const patterns = folders.map((folder) => ({ group: [`**/${folder}/**`], message: `Not from ${folder}/ here.` }));
  return { files: files.map((path) => `${PAGE}/${path}`), rules: { "no-restricted-imports": ["error", { patterns }] } };
}

export default [
  { ignores: ["web/dist/**", "web/examples/**/vendor/**"] },
  js.configs.recommended,
  {
    plugins: { page: { rules: { "no-import-cycle": noImportCycle } } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "page/no-import-cycle": "error",
      "eqeqeq": ["error", "always", { null: "ignore" }],
      "no-undef": "off", // tsc knows the browser's names
      "no-unused-vars": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  forbidImports(["!(app).js", "{profile,panel,ui}/*.js"], "home", "live", "analyze", "sessions"),
  forbidImports(["home/*.js"], "live", "analyze", "sessions"),
  forbidImports(["live/*.js"], "analyze", "sessions"),
  forbidImports(["analyze/*.js"], "live", "sessions"),
  forbidImports(["sessions/**/*.js"], "live", "analyze"),
];
