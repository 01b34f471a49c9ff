// Fails if a Wasm module imports from any module but the one named, and says what.
//
//	node imports.mjs FILE MODULE

import { readFileSync } from "node:fs";

const [file, allowed] = process.argv.slice(2);
const foreign = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(file)))
  .filter(({ module }) => module !== allowed)
  .map(({ module, name, kind }) => `${module}.${name} (${kind})`);
if (foreign.length > 0) {
  console.error(`${file} imports from elsewhere than "${allowed}": ${foreign.join(", ")}`);
  process.exit(1);
}
