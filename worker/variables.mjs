// @ts-check
// What the variables say, for core.wasm. variables.wasm reads them in the first request of an isolate and is not kept: to read them, and to
// say what is wrong with them, would be 5 KB of core.wasm.

import module from "./variables.wasm";

/**
 * @param {[string, string][]} variables names and values
 * @returns {{ read: string, instances: import("./app-pool.mjs").Limits } | { problem: string }} what core.wasm takes for them, and what is
 * of app.wasm; or what is wrong with them
 */
export function readVariables(variables) {
  const bytes = new TextEncoder().encode(variables.map(([name, value]) => `${name}\0${value.replaceAll("\0", " ")}\0`).join(""));
  /** @type {any} */
  const using = new WebAssembly.Instance(module, {});
  using.exports._initialize();
  const at = using.exports.input(bytes.length);
  new Uint8Array(using.exports.memory.buffer).set(bytes, at);
  const good = using.exports.parse() !== 0;
  const text = new TextDecoder().decode(new Uint8Array(using.exports.memory.buffer, using.exports.out(), using.exports.out_size()));
  if (!good) return { problem: text };
  return { read: text, instances: { most: using.exports.most_instances(), kept: using.exports.kept_instances() } };
}
