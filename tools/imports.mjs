// Prints what a Worker consists of, one name a line: its entry, and all that this imports, directly or not. Modules are read
// in the first of the folders that has them. What cannot be in the Worker is refused, with who imports it.
//
//	node --experimental-vm-modules --no-warnings imports.mjs ENTRY FOLDER…

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SourceTextModule } from "node:vm";

/** What build.sh makes in build/. Nothing else there is a source: it may be a copy of what is gone. */
const made = ["app.wasm", "core.wasm", "pages.bin", "wasm_exec.js"];

const [entry, ...folders] = process.argv.slice(2);

/** The ends of names that a rule of wrangler.toml takes. */
const kinds = [...readFileSync("wrangler.toml", "utf8").matchAll(/["'](?:\*\*\/)?\*(\.\w+)["']/g)].map(([, kind]) => kind);

/** @param {string} text @returns {never} */
function refuse(text) {
  console.error(text);
  process.exit(1);
}

/** @param {string} name @param {string} by what names it */
function pathOf(name, by) {
  const path = folders.map((folder) => join(folder, name)).find(existsSync);
  if (made.includes(name)) {
    if (path !== undefined && path !== "worker/core.wasm") refuse(`${path}: build/${name} is what build.sh makes; give it another name`);
    return join("build", name);
  }
  return path ?? refuse(`${by} ${name}: there is no such file in ${folders.join(", ")}`);
}

/** What a module imports, as a parser of the language sees it; what it may import later is looked for in its text. @param {string} path */
function importsOf(path) {
  const code = readFileSync(path, "utf8");
  try {
    const module = new SourceTextModule(code, { identifier: path });
    const asked = module.moduleRequests?.map((/** @type {{ specifier: string }} */ r) => r.specifier) ?? module.dependencySpecifiers;
    const later = code.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "").matchAll(/\bimport\s*\(\s*["'](\.[^"']+)["']/g);
    return [...asked, ...[...later].map(([, specifier]) => specifier)];
  } catch (error) {
    // Which line it is only a check of its own tells.
    const check = spawnSync(process.execPath, ["--check", "--input-type=module", "-"], { input: code, encoding: "utf8" });
    return refuse((check.stderr || String(error.stack)).split(/\n\s+at /)[0].replace("[stdin]", path));
  }
}

/** @param {string} specifier @param {string} by @returns {string | null} null: the runtime has it */
function nameOf(specifier, by) {
  if (/^(cloudflare|node):/.test(specifier)) return null;
  if (!/^\.\.?\//.test(specifier)) {
    refuse(`${by} ${specifier}: nothing is bundled, so there are no packages; a module is named "./NAME.mjs", what the runtime has "cloudflare:NAME" or "node:NAME"`);
  }
  const name = specifier.slice(2);
  if (name.includes("/")) refuse(`${by} ${specifier}: modules must lie directly in site/: ${specifier.replace(/^(\.\.?\/)+/, "")}`);
  if (!/^[\w.-]+$/.test(name)) refuse(`${by} ${specifier}: a module's name has letters, digits, and . _ - alone`);
  if (!kinds.some((kind) => name.endsWith(kind))) {
    refuse(`${by} ${specifier}: no rule of wrangler.toml takes such a name; they take those that end in ${kinds.join(", ")}`);
  }
  return name;
}

/** @type {Map<string, string>} names, each with its path */
const found = new Map([[entry, pathOf(entry, "wrangler.toml: main is")]]);
for (const [name, path] of found) {
  if (!/\.m?js$/.test(name) || (made.includes(name) && !existsSync(path))) continue;
  for (const specifier of importsOf(path)) {
    const by = `${path} imports`;
    const next = nameOf(specifier, by);
    if (next !== null && !found.has(next)) found.set(next, pathOf(next, by));
  }
}
if (!found.has("core.wasm")) refuse(`${found.get(entry)} has to export what inlay is: export { default } from "./worker.mjs"`);
console.log([...found.keys()].join("\n"));
