// What visitors cannot make the core's memory grow by: each test is one way to try, with the figure that it must keep.
// Core's memory and blobs are looked at, since those stay until the isolate ends. node --test worker/budget.test.mjs
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { answer, get, load, stats, token } from "./testing/client.mjs";

const slots = (n, attrs) => Array.from({ length: n }, (_, i) => `<edge-slot name="s${i}" src="/f/${i}" ${attrs}>…</edge-slot>`).join("");
const shells = {
  "/five": slots(5, `vary="query:q"`),
  "/one": slots(1, `vary="query:q"`),
  "/many": slots(250, `vary="query:q"`),
  "/manyplain": slots(249, "") + `<edge-slot name="q" src="/q" vary="query:q">…</edge-slot>`,
  "/plainmany": slots(250, `ttl="1h"`),
  "/stale": slots(5, `ttl="1ms" swr="1h" vary="query:q"`),
  "/fail/{id}": `<edge-slot name="a" src="/fail/{id}" tags="t">…</edge-slot>`,
  "/tagged/{id}": `<edge-slot name="a" src="/tagged/{id}" ttl="1h" tags="t:{id}">…</edge-slot>`,
  "/origins/{id}": `<edge-slot name="a" src="/origins/{id}" ttl="1h">…</edge-slot>`,
  "/used/{id}": `<edge-slot name="a" src="/used/{id}" ttl="1h">…</edge-slot>`,
};
const input = JSON.stringify(Object.entries(shells).map(([pattern, body]) => ({ pattern, shell: `<body>${body}</body>` })));
globalThis.testPages = execFileSync("go", ["run", "./worker/testing/pages"], { input, maxBuffer: 1 << 24 });

await import("./testing/modules.mjs");
const { Core } = await import("./core.mjs");

const MiB = 1 << 20;
const budget = 8 * MiB;
const start = (more = {}) => new Core({ INLAY_MAX_BYTES: String(budget), INLAY_TOKEN: token, ...more });

/** Bytes of the core's memory and of the blobs that it holds. */
const taken = (core) => core.memory.buffer.byteLength + core.blobs.reduce((n, b) => n + (b?.byteLength ?? 0), 0);

const long = (i, size = 8000) => String(i).padStart(8, "0") + "x".repeat(size - 8);

/** Whatever happens, at no time more than so many times the budget. */
function within(t, core, factor, each) {
  let most = 0;
  for (let i = 0; each(i) !== false; i++) if (i % 16 === 0) most = Math.max(most, taken(core));
  most = Math.max(most, taken(core));
  t.diagnostic(`${(most / MiB).toFixed(1)} MiB at most, ${(most / budget).toFixed(2)} of the budget; ${JSON.stringify(stats(core).cache_bytes)} charged`);
  assert.ok(most <= factor * budget, `${most} bytes for a budget of ${budget}`);
}

test("1,000 who ask for pages of five slots with 8 KB in each key, and leave while the origin is slow", (t) => {
  const core = start();
  const asked = [];
  within(t, core, 0.5, (i) => {
    const client = get(core, `/five?q=${long(i)}`);
    assert.equal(client.fills.length, 5);
    asked.push(client.fills.map((f) => f.id));
    core.leave(client.id);
    return i < 1000;
  });
  assert.equal(core.waiting.size, 0);
  // What the origin says in the end is late for most, and welcome for the last.
  for (const id of asked.flat()) core.fillEnd({ id, src: "" }, answer("<p>late</p>"));
  assert.ok(taken(core) <= budget / 2, `${taken(core)} bytes`);
  const last = get(core, `/five?q=${long(1000)}`);
  assert.equal(last.fills.length, 0);
  assert.ok(last.finished);
});

test("1,000 who join fills and leave, one at a time and all at once", () => {
  const core = start();
  const leader = get(core, `/five?q=${long(0)}`);
  const joined = () => get(core, `/five?q=${long(0)}`);
  const before = taken(core);
  for (let i = 0; i < 1000; i++) core.leave(joined().id);
  assert.ok(taken(core) - before <= MiB, `${taken(core) - before} bytes`);
  const crowd = Array.from({ length: 500 }, joined);
  for (const c of crowd) core.leave(c.id);
  const peak = taken(core);
  for (let i = 0; i < 500; i++) core.leave(joined().id);
  const again = taken(core);
  assert.ok(again - peak <= budget / 4, `${again - peak} bytes more: what they took is used again, once so much waits to be collected`);
  for (let i = 0; i < 2000; i++) core.leave(joined().id);
  assert.equal(taken(core), again, "and from then on it is");
  for (const fill of leader.fills) core.fillEnd(fill, answer("<p>x</p>"));
  assert.ok(leader.woken);
});

test("refreshes that nobody waits for, of stale pages with 8 KB in each key", (t) => {
  const core = start({ INLAY_MAX_BYTES: String(4 * budget) });
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const pages = 150;
  for (let i = 0; i < pages; i++) load(core, `/stale?q=${long(i)}`, () => "<p>x</p>");
  const refreshes = () => {
    t.mock.timers.tick(60_000);
    let fills = 0;
    for (let i = 0; i < pages; i++) {
      const client = get(core, `/stale?q=${long(i)}`);
      assert.ok(client.finished);
      fills += client.fills.length;
    }
    return fills;
  };
  const before = taken(core);
  const fills = refreshes();
  assert.ok(fills > 50 && fills < 5 * pages, `${fills} refreshes`);
  assert.ok(taken(core) <= 6 * budget, `${taken(core)} after ${before}`);
  assert.ok(refreshes() > 50, "what was lost makes room");
});

for (const [path, count, size] of [["/one", 600, 8000], ["/one", 1500, 3000], ["/five", 200, 8000], ["/many", 10, 8000], ["/many", 50, 1000], ["/manyplain", 300, 8000], ["/manyplain", 600, 200]]) {
  test(`composed pages of distinct queries: ${count} of ${path} with ${size} bytes`, (t) => {
    const core = start();
    within(t, core, 1.5, (i) => {
      const target = `${path}?q=${long(i, size)}`;
      for (let n = 0; n < 3; n++) {
        const client = load(core, target, () => "<p>x</p>");
        if (!client.finished) core.leave(client.id);
      }
      return i < count;
    });
  });
}

test("what is repeated is of pages that the core has: nothing is held for it besides", async (t) => {
  const core = start();
  const { Opening } = await import("./exchange.mjs");
  const opening = new Opening(() => core);
  const seen = new Set();
  for (let i = 0; i < 1500; i++) {
    for (let n = 0; n < 2; n++) load(core, `/used/${i % 700}`, () => `<p>${"u".repeat(20_000)}</p>`);
    for (let n = 0; n < 3; n++) {
      const response = await opening.answer(new Request(`https://site.example/used/${i % 700}`), {}, { waitUntil() {} });
      assert.equal(response.status, 200);
    }
    if (i % 50 > 0) continue;
    const blobs = new Set(core.blobs);
    for (const { body, head } of core.repeats.all.values()) {
      assert.ok(blobs.has(body) && blobs.has(head), "its bytes are the core's");
      seen.add(body);
    }
  }
  assert.ok(seen.size > core.repeats.all.size, "pages have left");
  assert.ok(core.repeats.all.size > 20, `${core.repeats.all.size} are repeated`);
});

test("a page of 250 slots that is repeated for each of 6,000 queries", async () => {
  const core = start();
  const { Opening } = await import("./exchange.mjs");
  const opening = new Opening(() => core);
  for (let n = 0; n < 2; n++) load(core, "/plainmany", () => "<p>x</p>");
  for (let i = 0; i < 6000; i++) await opening.answer(new Request(`https://site.example/plainmany?${i}`), {}, { waitUntil() {} });
  const { all, bytes } = core.repeats;
  const held = [...all.values()].reduce((n, { url, parts }) => n + 2 * url.length + parts.byteLength, 0);
  assert.ok(all.size > 500, `${all.size} are repeated`);
  assert.ok(held < bytes && bytes <= 2 * MiB, `${held} bytes are held, ${bytes} counted`);
});

test("tags that only one fragment has: of visitors' own making by a parameter, and an origin's", (t) => {
  const tags = (i, count, size) => Array.from({ length: count }, (_, n) => `${n}-${long(i, size)}`).join(",");
  for (const [path, count, size, requests] of [["/tagged", 0, 250, 8000], ["/origins", 64, 250, 600], ["/origins", 16, 250, 2000], ["/origins", 8, 30, 6000]]) {
    const core = start();
    within(t, core, 1.5, (i) => {
      const client = get(core, `${path}/${path === "/tagged" ? long(i, size) : i}`);
      const headers = count > 0 ? { "cache-tag": tags(i, count, size) } : {};
      for (const fill of client.fills) core.fillEnd(fill, answer("<p>x</p>", headers));
      core.resume(client);
      return i < requests;
    });
    assert.ok(stats(core).cache_entries > 10);
  }
});

test("14,000 paths that fail and ask to be left alone for five minutes", (t) => {
  t.mock.method(console, "warn", () => {});
  for (const size of [20, 2000]) {
    const core = start();
    // What is used stays.
    for (let i = 0; i < 50; i++) for (let j = 0; j < 3; j++) load(core, `/used/${i}`, () => `<p>${"u".repeat(60_000)}</p>`);
    within(t, core, 1.5, (i) => {
      const client = get(core, `/fail/${long(i, size)}`);
      for (const fill of client.fills) core.fillEnd(fill, { ...answer(""), status: 503, headers: { "retry-after": "300" } });
      core.resume(client);
      return i < (size === 20 ? 14_000 : 3000);
    });
    let kept = 0;
    for (let i = 0; i < 50; i++) {
      const client = get(core, `/used/${i}`);
      if (client.fills.length === 0) kept++;
      else core.leave(client.id);
    }
    assert.equal(kept, 50);
    assert.equal(get(core, `/fail/${long(size === 20 ? 14_000 : 3000, size)}`).fills.length, 0, "the last is remembered");
  }
});

test("a remembered failure ends with a purge or an invalidation of its tag, its key or all", (t) => {
  for (const how of ["tag:t", "~tag:t", "key:/fail/7", "all"]) {
    t.mock.method(console, "warn", () => {});
    const core = start();
    const client = get(core, "/fail/7");
    core.fillEnd(client.fills[0], { ...answer(""), status: 503, headers: { "retry-after": "300" } });
    core.resume(client);
    assert.equal(get(core, "/fail/7").fills.length, 0);
    assert.ok(core.change(null, [how]) >= 0);
    assert.equal(get(core, "/fail/7").fills.length, 1, how);
  }
});
