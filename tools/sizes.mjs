// Prints the size of each module in a folder, raw and gzipped, and fails if one is over its limit (in bytes, gzipped).
//
//	node sizes.mjs FOLDER [NAME=LIMIT]…

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [folder, ...rest] = process.argv.slice(2);
const limits = new Map(rest.map((r) => /** @type {[string, string]} */ (r.split("="))));
const names = readdirSync(folder).filter((name) => /\.(mjs|js|wasm|bin|z)$/.test(name));

const kib = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} KiB`.padStart(12);
let failed = false;
const sum = { raw: 0, gzipped: 0 };
for (const name of names.sort()) {
  const bytes = readFileSync(join(folder, name));
  const gzipped = gzipSync(bytes, { level: 9 }).length;
  sum.raw += bytes.length;
  sum.gzipped += gzipped;
  const limit = Number(limits.get(name) ?? Infinity);
  const over = gzipped > limit;
  failed ||= over;
  console.log(`  ${name.padEnd(20)}${kib(bytes.length)}${kib(gzipped)} gzipped${over ? `, over its limit of ${limit} bytes` : ""}`);
}
console.log(`  ${"all".padEnd(20)}${kib(sum.raw)}${kib(sum.gzipped)} gzipped`);
process.exit(failed ? 1 : 0);
