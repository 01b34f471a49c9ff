// What making the Wasm modules ready takes under Node. Prints JSON, times in milliseconds: to compile the module, and from
// the compiled module to an instance that takes requests: the first, whose functions have yet to be compiled for good, and
// the next. One of each: V8 would not compile the same bytes twice.

import { readFileSync } from "node:fs";
import "../../worker/testing/modules.mjs";

await import("../../build/wasm_exec.js");
globalThis.context = { env: {}, ctx: {}, binding: {} };
globalThis.tryCatch = (/** @type {() => unknown} */ call) => ({ result: call() });

const build = new URL("../../build/", import.meta.url);

/** @param {() => unknown} call */
async function timed(call) {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/** Starts a Go instance, until its main is ready for requests. @param {WebAssembly.Module} module */
function startGo(module) {
  const go = new globalThis.Go();
  return new Promise((ready) => {
    const instance = new WebAssembly.Instance(module, { ...go.importObject, workers: { ready } });
    go.run(instance);
  });
}

/** Imported after its module was compiled; core.mjs has one of the same bytes. */
async function core() {
  const { Core } = await import("../../worker/core.mjs");
  return () => new Core({});
}

/** @typedef {(module: WebAssembly.Module) => unknown} Make */
/** @param {string} name @param {string} path @param {() => Make | Promise<Make>} load */
async function measure(name, path, load) {
  const bytes = readFileSync(new URL(path, build));
  let module;
  const compile = await timed(() => (module = new WebAssembly.Module(bytes)));
  const make = await load();
  return { name, compile_ms: [compile], first_ms: [await timed(() => make(module))], next_ms: [await timed(() => make(module))] };
}

console.log(JSON.stringify([
  await measure("core.wasm", "core.wasm", core),
  await measure("app.wasm, of the example site", "app.wasm", () => startGo),
  await measure("the stock Worker's app.wasm", "bench/workers/stock/app.wasm", () => startGo),
]));
process.exit(); // the Go instances wait for requests
