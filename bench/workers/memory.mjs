// What core.wasm and its glue take under Node, which can collect before it looks, for pages that are asked for twice each. Prints JSON.
// node workers/memory.mjs PAGES.BIN BUDGET COUNT

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Client, answer, get, stats, token } from "../../worker/testing/client.mjs";

globalThis.testPages = readFileSync(process.argv[2]);
await import("../../worker/testing/modules.mjs");
const { Core } = await import("../../worker/core.mjs");
const [budget, count] = process.argv.slice(3).map(Number);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

async function taken() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external; // the core's memory among it
}

const core = new Core({ INLAY_MAX_BYTES: String(budget), INLAY_TOKEN: token });
const body = `<p>${"x".repeat((2 << 10) - 7)}</p>`;

/** @param {number | string} page */
function twice(page) {
  const client = get(core, `/page/${page}`);
  for (const fill of client.fills) core.fillEnd(fill, answer(body));
  if (client.woken) core.resume(client);
  core.waiting.delete(client.id); // as an exchange does that has finished
  get(core, `/page/${page}`);
}

/** HEAD starts no fills, so it looks and changes nothing. @param {number} page */
function isWhole(page) {
  const client = new Client();
  core.handle(client, 1, `/page/${page}`, 0);
  core.waiting.delete(client.id);
  return !/fwd=/.test(client.head.headers.get("cache-status"));
}

twice("before");
const was = await taken();
for (let i = 0; i < count; i++) twice(i);
const is = await taken();
const { cache_bytes: charged, cache_entries: entries } = stats(core);
let whole = 0;
for (let i = 0; i < count; i++) if (isWhole(i)) whole++;
console.log(JSON.stringify({ whole, entries, charged, wasm: core.memory.buffer.byteLength, taken: is - was }));
