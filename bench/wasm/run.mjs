// Times the loops of the module named on the command line and prints them in the
// form of Go's benchmarks. Rounds alternate, so that what else the machine does
// falls on all alike; --smoke does one short round.
import { readFileSync } from "node:fs";

const smoke = process.argv.includes("--smoke");
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(process.argv[2])));
exports._initialize();
const n = smoke ? 10_000 : 1_000_000;
for (const keys of smoke ? [10_000] : [10_000, 100_000]) {
  exports.setup(keys);
  const loops = { "Get/cache=inlay-at": exports.gets, "Get/cache=map": exports.mapGets, "Replace/cache=inlay": exports.puts };
  for (let round = 0; round < (smoke ? 1 : 8); round++) {
    for (const [name, loop] of Object.entries(loops)) {
      const count = name.startsWith("Get") ? n : n / 20;
      const start = performance.now();
      if (loop(count) !== count) throw new Error(name + " missed");
      const ns = ((performance.now() - start) * 1e6) / count;
      // The first round lets the engine compile.
      if (round > 0 || smoke) console.log(`BenchmarkWasm${name.replace("/", `/keys=${keys}/`)}\t${count}\t${ns.toFixed(1)} ns/op`);
    }
  }
}
