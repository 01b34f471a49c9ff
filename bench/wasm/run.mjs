// Times the loops of the modules named on the command line, FILE=LABEL each, and
// prints them in the form of Go's benchmarks. Rounds alternate, so that what else
// the machine does falls on all alike; --smoke does one short round.
import { readFileSync } from "node:fs";

const smoke = process.argv.includes("--smoke");
const n = smoke ? 10_000 : 1_000_000;
const modules = process.argv.slice(2).filter((a) => !a.startsWith("--")).map((arg) => {
  const [file, label] = arg.split("=");
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)));
  exports._initialize();
  return { label, exports };
});
for (const keys of smoke ? [10_000] : [10_000, 100_000]) {
  for (const { exports } of modules) exports.setup(keys);
  for (let round = 0; round < (smoke ? 1 : 8); round++) {
    for (const { label, exports } of modules) {
      const loops = { "inlay-at/op=get": exports.gets, "map/op=get": exports.mapGets, "inlay/op=replace": exports.puts };
      for (const [name, loop] of Object.entries(loops)) {
        const count = name.endsWith("get") ? n : n / 20;
        const start = performance.now();
        if (loop(count) !== count) throw new Error(name + " missed");
        const ns = ((performance.now() - start) * 1e6) / count;
        // In the first round the engine compiles.
        if (round > 0 || smoke) console.log(`BenchmarkWasm/keys=${keys}/build=${label}/cache=${name}\t${count}\t${ns.toFixed(1)} ns/op`);
      }
    }
  }
}
