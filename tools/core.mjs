// Takes what TinyGo made and writes what is deployed: refuses imports from any module but the one named, and leaves out
// the sections that only name things (3.7 KiB gzipped of the core's 64), unless asked to keep them.
//
//	node core.mjs FROM TO MODULE [--names]

import { readFileSync, writeFileSync } from "node:fs";

const [from, to, allowed, names] = process.argv.slice(2);
const bytes = readFileSync(from);
const foreign = WebAssembly.Module.imports(new WebAssembly.Module(bytes))
  .filter(({ module }) => module !== allowed)
  .map(({ module, name, kind }) => `${module}.${name} (${kind})`);
if (foreign.length > 0) {
  console.error(`${to} imports from elsewhere than "${allowed}": ${foreign.join(", ")}`);
  process.exit(1);
}
writeFileSync(to, names === "--names" ? bytes : withoutCustomSections(bytes));

/** @param {Uint8Array} wasm */
function withoutCustomSections(wasm) {
  let at = 8; // after magic and version
  const kept = [wasm.subarray(0, at)];
  while (at < wasm.length) {
    const start = at;
    const custom = wasm[at++] === 0;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at += size;
    if (!custom) kept.push(wasm.subarray(start, at));
  }
  return Buffer.concat(kept);
}
