// Prints what a Worker consists of, one name a line: its entry, and all that this imports, directly or not. Modules are read
// in the first of the folders that has them; what none has, and is no JavaScript, is somebody else's to make.
//
//	node imports.mjs ENTRY FOLDER…

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [entry, ...folders] = process.argv.slice(2);
const found = new Set([entry]);
for (const name of found) {
  if (!/\.m?js$/.test(name)) continue;
  const path = folders.map((folder) => join(folder, name)).find(existsSync);
  if (path === undefined) {
    console.error(`there is no module ${name} in ${folders.join(" or ")}`);
    process.exit(1);
  }
  const code = readFileSync(path, "utf8").replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  for (const [, specifier] of code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']\.\/([^"']+)["']/g)) found.add(specifier);
}
console.log([...found].join("\n"));
