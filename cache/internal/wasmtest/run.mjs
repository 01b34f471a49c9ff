// Runs every case of the module named on the command line, prints one line for
// each, and exits with 1 if one failed.
import { readFileSync } from "node:fs";

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) {
  console.log("FAIL\tthe module imports " + JSON.stringify(imports));
  process.exit(1);
}
const { exports } = new WebAssembly.Instance(module);
exports._initialize();
let failed = 0;
for (let i = 0; i < exports.cases(); i++) {
  const bad = exports.run(i);
  const bytes = new Uint8Array(exports.memory.buffer, exports.text(), exports.textLength());
  console.log((bad ? "FAIL\t" : "ok\t") + new TextDecoder().decode(bytes));
  failed += bad;
}
process.exit(failed ? 1 : 0);
