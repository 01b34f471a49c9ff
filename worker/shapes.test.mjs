// What is charged is what is taken, whatever is kept: many tiny fragments, long keys, many tags, failures, pages of many
// parts. node --test worker/shapes.test.mjs
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { answer, get, stats, token } from "./testing/client.mjs";

const slots = (n, src, attrs) => Array.from({ length: n }, (_, i) => `<edge-slot name="s${i}" src="${src}/${i}" ${attrs}>…</edge-slot>`).join("");
const usual = `ttl="1h" swr="10m" tags="shop fragment"`;
const shells = {
  "/usual/{id}": slots(5, "/fragments/of/the/shop/products/{id}", usual),
  "/tagged/{id}": slots(5, "/t/{id}", `ttl="1h" tags="shop product:{id}"`),
  "/many/{id}": slots(100, "/m/{id}", `ttl="1h"`),
};
const input = JSON.stringify(Object.entries(shells).map(([pattern, body]) => ({ pattern, shell: `<body>${body}</body>` })));
globalThis.testPages = execFileSync("go", ["run", "./worker/testing/pages"], { input, maxBuffer: 1 << 24 });

await import("./testing/modules.mjs");
const { Core } = await import("./core.mjs");

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
const MiB = 1 << 20;

/** Live bytes: JavaScript's objects, its buffers, and what is outside of its heap. */
async function taken() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external; // the core's memory among it
}

const etag = { etag: `"5d41402abc4b2a76b9719d911017c592"` };
const id = (i) => String(i).padStart(8, "0");

/** Asks for a page and answers its fills. */
function fill(core, target, body, headers) {
  const client = get(core, target);
  for (const fill of client.fills) core.fillEnd(fill, answer(body, headers));
  if (client.woken) core.resume(client);
  if (!client.finished) core.leave(client.id);
  core.waiting.delete(client.id); // as an exchange does that has finished
}

const budget = 12 * MiB;
const long = (i, size) => id(i) + "x".repeat(size - 8);
const tags = (i, count, size) => Array.from({ length: count }, (_, n) => `${n}-${long(i, size)}`).join(",");
for (const [name, count, each] of [
  ["100,000 fragments of one byte", 20_000, (core, i) => fill(core, `/usual/${id(i)}`, "x", {})],
  ["fragments of 100 bytes with ETags and a tag for each five", 6000, (core, i) => fill(core, `/tagged/${id(i)}`, "x".repeat(100), etag)],
  ["the same with their composed pages", 6000, (core, i) => {
    fill(core, `/tagged/${id(i)}`, "x".repeat(100), etag);
    for (let n = 0; n < 3; n++) get(core, `/tagged/${id(i)}`);
  }],
  ["fragments of one byte with keys of 2 KB", 3000, (core, i) => fill(core, `/usual/${long(i, 2000)}`, "x", {})],
  ["fragments of one byte with 32 tags of 100 bytes", 700, (core, i) => fill(core, `/usual/${i}`, "x", { "cache-tag": tags(i, 32, 100) })],
  ["pages of 100 fragments of 50 bytes, composed", 300, (core, i) => {
    fill(core, `/many/${i}`, "x".repeat(50), {});
    for (let n = 0; n < 3; n++) get(core, `/many/${i}`);
  }],
  ["failures with texts", 20_000, (core, i) => {
    const client = get(core, `/usual/${id(i)}`);
    for (const f of client.fills) core.fillFail(f, 1, `what went wrong with ${f.src}`);
    if (client.woken) core.resume(client);
    if (!client.finished) core.leave(client.id);
    core.waiting.delete(client.id);
  }],
]) {
  test(`charged as taken: ${name}`, async (t) => {
    t.mock.method(console, "warn", () => {});
    const core = new Core({ INLAY_MAX_BYTES: String(budget), INLAY_TOKEN: token, INLAY_NEGATIVE_TTL: "5m" });
    get(core, "/usual/before");
    const before = await taken();
    for (let i = 0; i < count; i++) each(core, i);
    const { cache_bytes: charged, cache_entries: entries } = stats(core);
    const real = (await taken()) - before;
    t.diagnostic(`${real} bytes beside ${charged} charged for ${entries} entries: ${((real / charged - 1) * 100).toFixed(1)} %; core ${core.memory.buffer.byteLength}`);
    assert.ok(charged <= budget);
    // A sixteenth of the budget may wait to be collected, and so much may fills have that nobody waits for.
    assert.ok(real <= Math.max(charged, budget / 2) * 1.125 + budget / 16, `${real} bytes of memory for ${charged} charged`);
  });
}
