// @ts-check
// What the variables say, for core.wasm. variables.wasm reads them in the first request of an isolate and is not kept: to read them, and to
// say what is wrong with them, would be 5 KB of core.wasm.

import module from "./variables.wasm";

/**
 * @param {[string, string][]} variables names and values
 * @returns {{ read: string, settings: string[], instances: import("./app-pool.mjs").Limits } | { problem: string }} what core.wasm takes for
 * them, what the glue needs itself, in the order of internal/config's Settings, and what is of app.wasm; or what is wrong with them
 */
export function readVariables(variables) {
  const bytes = new TextEncoder().encode(variables.map(([name, value]) => `${name}\0${value.replaceAll("\0", " ")}\0`).join(""));
  /** @type {any} */
  const using = new WebAssembly.Instance(module, {});
  using.exports._initialize();
  const at = using.exports.input(bytes.length);
  new Uint8Array(using.exports.memory.buffer).set(bytes, at);
  const good = using.exports.parse() !== 0;
  const text = (/** @type {number} */ from, /** @type {number} */ size) => new TextDecoder().decode(new Uint8Array(using.exports.memory.buffer, from, size));
  const out = text(using.exports.out(), using.exports.out_size());
  if (!good) return { problem: out };
  const settings = text(using.exports.settings(), using.exports.settings_size()).split("\0");
  return { read: out, settings, instances: { most: using.exports.most_instances(), kept: using.exports.kept_instances() } };
}
