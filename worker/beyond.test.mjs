// Isolates with a purge log and what lies below, with the built core.wasm under Node: each Isolate is one, the clock stands still
// unless it is moved. node --test worker/beyond.test.mjs
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Colo, Context, DurableObjectNamespace, KvNamespace } from "./testing/beyond.mjs";
import { token } from "./testing/client.mjs";

const shells = {
  "/minute/{id}": `<edge-slot name="a" src="/f/minute/{id}" ttl="10m" tags="t t:{id}">…</edge-slot>`,
  "/short/{id}": `<edge-slot name="a" src="/f/short/{id}" ttl="20s" tags="t">…</edge-slot>`,
  "/slow/{id}": `<edge-slot name="a" src="/f/slow/{id}" ttl="10m">…</edge-slot>`,
};
const input = JSON.stringify(Object.entries(shells).map(([pattern, body]) => ({ pattern, shell: `<body>${body}</body>` })));
globalThis.testPages = execFileSync("go", ["run", "./worker/testing/pages"], { input, maxBuffer: 1 << 24 });

await import("./testing/modules.mjs");
const { Isolate } = await import("./isolate.mjs");
const { purge } = await import("./purge.mjs");

/** A world that a test runs in: an origin that counts, a log, a data centre, KV, and a clock. */
function world(t, { ages = false } = {}) {
  t.mock.timers.enable({ apis: ["Date"], now: 1.8e12 });
  const w = {
    asked: [], version: 1, slow: null, answer: null,
    log: new DurableObjectNamespace(), colo: new Colo(ages), kv: new KvNamespace(), lines: [],
    tick: (ms) => t.mock.timers.tick(ms),
    isolate(more = {}) {
      const isolate = new Isolate();
      const env = { INLAY_ORIGIN: "http://origin.test", INLAY_TOKEN: token, INLAY_LOG: w.log, INLAY_KV: w.kv, ...more };
      const ask = async (path, init) => {
        const ctx = new Context();
        const response = await isolate.fetch(new Request(`http://shop.test${path}`, init), env, ctx);
        const text = await response.text();
        await ctx.over();
        return { status: response.status, text, headers: Object.fromEntries(response.headers) };
      };
      return {
        env, isolate, ask,
        page: async (path) => (await ask(path, { headers: { "sec-fetch-dest": "document" } })).text,
        admin: (path, method = "POST") => ask(`/_inlay/${path}`, { method, headers: { authorization: `Bearer ${token}` } }),
        stats: async () => JSON.parse((await ask("/_inlay/stats", { headers: { authorization: `Bearer ${token}` } })).text),
      };
    },
  };
  globalThis.caches = w.colo;
  t.mock.method(globalThis, "fetch", async (request) => {
    const path = new URL(request.url).pathname;
    if (w.answer !== null) return w.answer(request);
    w.asked.push(path);
    await w.slow;
    return new Response(`<p>${path} v${w.version}</p>`, { headers: { "content-type": "text/html" } });
  });
  for (const name of ["error", "warn"]) t.mock.method(console, name, (line) => w.lines.push(line));
  return w;
}

/** A line without the name of its request. @param {string} line */
const unnamed = (line) => line.replace(/ request=[0-9a-f]{16}$/, "");

test("what one isolate has filled, the next one in the data centre does not ask of the origin", async (t) => {
  const w = world(t);
  const [a, b] = [w.isolate(), w.isolate()];
  assert.match(await a.page("/minute/1"), /minute\/1 v1/);
  w.version = 2;
  assert.match(await b.page("/minute/1"), /minute\/1 v1/);
  assert.deepEqual(w.asked, ["/f/minute/1"]);
  assert.equal((await b.stats()).found_data_center_total, 1);
  assert.deepEqual(w.lines, []);
});

test("without a log nothing of it is looked at", async (t) => {
  const w = world(t);
  const [a, b] = [w.isolate({ INLAY_LOG: null, INLAY_KV: null }), w.isolate({ INLAY_LOG: null, INLAY_KV: null })];
  await a.page("/minute/1");
  await b.page("/minute/1");
  assert.equal(w.asked.length, 2);
  assert.deepEqual([w.colo.matched, w.colo.entries.size, w.log.asked, w.lines], [[], 0, [], []]);
});

test("a purge in one isolate is seen by the other once its view is a second old, while it goes on answering", async (t) => {
  const w = world(t);
  const [a, b] = [w.isolate(), w.isolate()];
  await a.page("/minute/1");
  await b.page("/minute/1");
  await b.page("/minute/1");
  w.version = 2;
  w.tick(10);
  const begun = performance.now();
  const purged = await a.admin("purge?tag=t:1");
  assert.ok(performance.now() - begun < 1000, "it waits for no timer");
  assert.deepEqual([purged.status, JSON.parse(purged.text)], [200, { purged: 1, isolates: "within 5s", log: 1 }]);
  assert.match(await a.page("/minute/1"), /v2/, "where it was purged at once");
  assert.match(await b.page("/minute/1"), /v1/);
  w.tick(1000);
  assert.match(await b.page("/minute/1"), /v1/, "this one asks for the poll");
  assert.match(await b.page("/minute/1"), /v2/);
  assert.deepEqual(w.asked, ["/f/minute/1", "/f/minute/1"], "and finds what the other one has filled");
});

test("past the lease a request waits for the log", async (t) => {
  const w = world(t);
  const [a, b] = [w.isolate(), w.isolate()];
  await b.page("/minute/1");
  w.version = 2;
  await a.admin("purge?all=1");
  w.tick(60_000);
  assert.match(await b.page("/minute/1"), /v2/);
  assert.equal((await b.stats()).held_total, 1);
});

test("KV serves another data centre, and only what lives for a minute", async (t) => {
  const w = world(t);
  const a = w.isolate();
  await a.page("/minute/1");
  await a.page("/short/1");
  assert.deepEqual([...w.kv.entries.values()].map((e) => e.expirationTtl), [600]);
  assert.equal(w.colo.entries.size - [...w.colo.entries.keys()].filter((url) => url.endsWith("/log")).length, 2);
  globalThis.caches = new Colo();
  const b = w.isolate();
  assert.match(await b.page("/minute/1"), /v1/);
  assert.equal(w.asked.length, 2);
  const c = w.isolate({ INLAY_KV: null });
  assert.match(await c.page("/minute/1"), /v1/, "what came from KV lies in the data centre now");
  assert.equal(w.asked.length, 2);
});

test("the data centre's cache can be left out", async (t) => {
  const w = world(t);
  const more = { INLAY_DATA_CENTER_CACHE: "0", INLAY_KV: null };
  await w.isolate(more).page("/minute/1");
  await w.isolate(more).page("/minute/1");
  assert.deepEqual([w.asked.length, w.colo.entries.size, w.colo.matched.length], [2, 0, 0]);
});

test("another build, and another log, find nothing of this one's", async (t) => {
  const w = world(t);
  await w.isolate().page("/minute/1");
  const [url] = [...w.colo.entries.keys()].filter((key) => !key.endsWith("/log"));
  assert.match(url, /^https:\/\/inlay\.internal\/1\/id-of-log\/0123456789abcdef\/[0-9a-f]{16}\/[0-9a-f]{32}$/);
  assert.match([...w.kv.entries.keys()][0], /^id-of-log\/0123456789abcdef\/[0-9a-f]{16}\/[0-9a-f]{32}$/);
  const other = w.isolate();
  other.isolate.next = null;
  other.isolate.edition = "-2"; // as inlay dev does once a shell was saved
  await other.page("/minute/1");
  assert.equal(w.asked.length, 2);
  await w.isolate({ INLAY_OUTLIVE_DEPLOYMENTS: "1" }).page("/minute/1");
  assert.equal(w.asked.length, 3);
  const later = w.isolate({ INLAY_OUTLIVE_DEPLOYMENTS: "1" });
  later.isolate.next = null;
  later.isolate.edition = "-2";
  await later.page("/minute/1");
  assert.equal(w.asked.length, 3);
});

test("what another origin has filled is not found, of whatever deployment", async (t) => {
  const w = world(t);
  await w.isolate({ INLAY_OUTLIVE_DEPLOYMENTS: "1" }).page("/minute/1");
  await w.isolate({ INLAY_OUTLIVE_DEPLOYMENTS: "1", INLAY_ORIGIN: "http://staging.example" }).page("/minute/1");
  await w.isolate({ INLAY_OUTLIVE_DEPLOYMENTS: "1", INLAY_FILL_FIELDS: "X-Site: b" }).page("/minute/1");
  assert.equal(w.asked.length, 3);
  await w.isolate({ INLAY_OUTLIVE_DEPLOYMENTS: "1" }).page("/minute/1");
  assert.equal(w.asked.length, 3);
});

test("the log is asked about once a second, however many isolates poll", async (t) => {
  for (const ages of [false, true]) {
    await t.test(ages ? "with an Age from the cache" : "by clocks", async (t) => {
      const w = world(t, { ages });
      const isolates = Array.from({ length: 10 }, () => w.isolate());
      for (const one of isolates) await one.page("/minute/1");
      w.log.asked.length = 0;
      for (let i = 0; i < 200; i++) { // 20 seconds
        w.tick(100);
        await isolates[i % 10].page("/minute/1");
      }
      let polls = 0;
      for (const one of isolates) polls += (await one.stats()).polls_total;
      assert.ok(polls > 150, `${polls} polls`);
      assert.ok(w.log.asked.length <= 21, `the log was asked ${w.log.asked.length} times for ${polls} polls`);
      // And what was purged shows everywhere in time.
      w.version = 2;
      await isolates[0].admin("purge?tag=t");
      for (let ms = 0; ms < 5000; ms += 250) {
        w.tick(250);
        for (const one of isolates) await one.page("/minute/1");
      }
      for (const one of isolates) assert.match(await one.page("/minute/1"), /v2/);
      assert.deepEqual(w.lines, []);
    });
  }
});

test("under a short lease every poll asks the log", async (t) => {
  const w = world(t);
  const a = w.isolate({ INLAY_LEASE: "1s", INLAY_LEASE_SOFT: "200ms" });
  for (let i = 0; i < 5; i++) {
    await a.page("/minute/1");
    w.tick(200);
  }
  assert.deepEqual(w.colo.matched.filter((url) => url.endsWith("/log")), []);
  assert.equal(w.log.asked.length, 5);
});

test("a log that is away is one line, and another when it is back; purges are refused meanwhile", async (t) => {
  const w = world(t);
  const a = w.isolate({ INLAY_LEASE: "1s", INLAY_LEASE_SOFT: "200ms" });
  await a.page("/minute/1");
  w.log.trouble = () => { throw new Error("it has moved"); };
  for (let i = 0; i < 5; i++) {
    w.tick(300);
    await a.page("/minute/1");
  }
  const refused = await a.admin("purge?tag=t");
  assert.equal(refused.status, 503);
  assert.match(refused.text, /"purged":0,.*it has moved/);
  assert.equal(w.lines.length, 1);
  assert.match(w.lines[0], /^inlay: the purge log cannot be reached, .*: it has moved request=[0-9a-f]{16}$/);
  w.log.trouble = null;
  w.tick(300);
  await a.page("/minute/1");
  assert.equal((await a.admin("purge?tag=t")).status, 200);
  assert.deepEqual(w.lines.slice(1).map(unnamed), ["inlay: the purge log answers again"]);
});

test("what a log answers is not believed because it comes from there", async (t) => {
  const w = world(t);
  const a = w.isolate({ INLAY_LEASE: "1s", INLAY_LEASE_SOFT: "200ms" });
  for (const [text, status] of [["", 200], ["{}", 200], ["null", 200], ['{"log":"x","seq":1,"floor":2,"marks":[]}', 200],
    ['{"log":"x","seq":1,"floor":0,"marks":[[2,"all"]]}', 200], ['{"log":"a\\u0000b","seq":1,"floor":0,"marks":[]}', 200], ["oh", 500]]) {
    w.log.trouble = () => new Response(text, { status });
    const before = (await a.stats()).polls_failed_total;
    w.tick(300);
    await a.page("/minute/1");
    assert.equal((await a.stats()).polls_failed_total, before + 1, text);
  }
  w.log.trouble = () => new Response("purge log: no\n", { status: 400 });
  const refused = await a.admin("purge?tag=t");
  assert.equal(refused.status, 503);
  assert.match(refused.text, /status 400: purge log: no/);
});

test("a warm page that is answered and asks for a poll is answered first", async (t) => {
  const w = world(t);
  const a = w.isolate();
  await a.page("/minute/1");
  await a.page("/minute/1");
  w.tick(1500);
  /** @type {() => void} */
  let go = () => {};
  const gate = new Promise((resolve) => (go = () => resolve(null)));
  w.log.trouble = () => gate;
  const ctx = new Context();
  globalThis.caches = new Colo();
  const response = await a.isolate.fetch(new Request("http://shop.test/minute/1", { headers: { "sec-fetch-dest": "document" } }), a.env, ctx);
  assert.match(await response.text(), /v1/);
  assert.equal(ctx.work.length, 1, "the poll is kept alive");
  go();
  await ctx.over();
  const { polls_total: polls, polls_failed_total: failed } = await a.stats();
  assert.deepEqual([polls, failed], [2, 0]);
});

test("a cache that hangs, or fails, costs half a second and no fragment", async (t) => {
  const w = world(t);
  w.colo.trouble = (url) => (url.endsWith("/log") ? null : new Promise(() => {}));
  w.kv.trouble = () => { throw new Error("KV GET failed: 500"); };
  const a = w.isolate();
  const begun = performance.now();
  const ctx = new Context();
  const response = await a.isolate.fetch(new Request("http://shop.test/minute/1", { headers: { "sec-fetch-dest": "document" } }), a.env, ctx);
  assert.match(await response.text(), /v1/);
  assert.ok(performance.now() - begun < 1500);
  for (let i = 2; i < 5; i++) await a.isolate.fetch(new Request(`http://shop.test/minute/${i}`), a.env, ctx).text?.();
  assert.deepEqual(w.lines.map(unnamed).toSorted(), [
    "inlay: INLAY_KV: a fragment could not be read: KV GET failed: 500",
    "inlay: the data centre's cache: a fragment could not be read: no answer within 500 ms",
  ]);
});

test("damaged bytes below are passed over", async (t) => {
  const w = world(t);
  await w.isolate().page("/minute/1");
  for (const [url, entry] of w.colo.entries) if (!url.endsWith("/log")) new Uint8Array(entry.body)[20] ^= 1;
  for (const entry of w.kv.entries.values()) entry.bytes = entry.bytes.slice(0, 30);
  const b = w.isolate();
  assert.match(await b.page("/minute/1"), /v1/);
  assert.equal(w.asked.length, 2);
  assert.deepEqual(w.lines, []);
});

test("who leaves while his fill looks below is followed by who waits for it", async (t) => {
  const w = world(t);
  /** @type {() => void} */
  let go = () => {};
  const gate = new Promise((resolve) => (go = () => resolve(null)));
  w.colo.trouble = (url) => (url.endsWith("/log") ? null : gate);
  const a = w.isolate();
  await a.page("/short/9"); // knows the log
  const left = new AbortController();
  const ctx = new Context();
  const first = await a.isolate.fetch(new Request("http://shop.test/short/1", { signal: left.signal, headers: { "sec-fetch-dest": "document" } }), a.env, ctx);
  const reading = first.text().catch(() => {});
  const second = a.page("/short/1");
  left.abort();
  go();
  assert.match(await second, /short\/1 v1/);
  await Promise.all([reading, ctx.over()]);
  assert.deepEqual(w.asked.filter((path) => path === "/f/short/1"), ["/f/short/1"]);
});

test("what a POST's answer says has changed is purged before it is given", async (t) => {
  const w = world(t);
  const a = w.isolate({ INLAY_PURGE_FIELD: "Cache-Tag" });
  const b = w.isolate();
  const post = (fields, status = 204, method = "POST") => {
    w.answer = () => new Response(null, { status, headers: fields });
    return a.ask("/order", { method }).finally(() => (w.answer = null));
  };
  await a.page("/minute/1");
  w.version = 2;
  assert.equal((await post({ "cache-group-invalidation": '"t:1"' })).status, 204);
  assert.match(await a.page("/minute/1"), /v2/);
  assert.match(await b.page("/minute/1"), /v2/, "the log has it");
  w.version = 3;
  await post({ "cache-tag": "t:1" }, 303, "DELETE");
  assert.match(await a.page("/minute/1"), /v3/);
  w.version = 4;
  for (const [fields, status, method] of [
    [{ "cache-group-invalidation": '"t:1"' }, 404, "POST"], [{ "cache-group-invalidation": '"t:1"' }, 200, "GET"], [{ "surrogate-key": "t:1" }, 200, "POST"],
  ]) await post(fields, status === 204 ? 204 : status, method);
  assert.match(await a.page("/minute/1"), /v3/);
  assert.equal(w.log.asked.filter((body) => body.startsWith("{")).length, 2);
});

test("an answer that announces something waits for a log that is slow for a second, no longer", async (t) => {
  const w = world(t);
  const a = w.isolate();
  await a.page("/minute/1");
  w.log.trouble = () => new Promise((resolve) => setTimeout(() => resolve(null), 1400));
  w.answer = () => new Response("done", { headers: { "cache-group-invalidation": '"t:1"' } });
  const ctx = new Context();
  const begun = performance.now();
  const response = await a.isolate.fetch(new Request("http://shop.test/order", { method: "POST" }), a.env, ctx);
  const took = performance.now() - begun;
  assert.equal(await response.text(), "done");
  assert.ok(took > 900 && took < 1350, `${took} ms`);
  await ctx.over();
  assert.equal((await new Response((await w.log.object.fetch(new Request("https://log/"))).body).json()).seq, 1, "it was told all the same");
});

test("bindings that cannot be used are told once, and in stats", async (t) => {
  const w = world(t);
  for (const [more, told] of [
    [{ INLAY_LOG: "yes" }, [/^INLAY_LOG is a variable, a text; it has to be the binding of a Durable Object namespace of class PurgeLog/, /^INLAY_KV is bound and INLAY_LOG is not/]],
    [{ INLAY_LOG: w.kv, INLAY_KV: null }, [/^INLAY_LOG is KvNamespace; it has to be/]],
    [{ INLAY_KV: w.log }, [/^INLAY_KV is DurableObjectNamespace; it has to be the binding of a KV namespace/]],
    [{ INLAY_LOG: null }, [/^INLAY_KV is bound and INLAY_LOG is not/]],
    [{ INLAY_LOG: null, INLAY_KV: null }, []],
    [{}, []],
  ]) {
    w.lines.length = 0;
    const a = w.isolate(more);
    const { problems = [] } = await a.stats();
    assert.equal(problems.length, told.length, JSON.stringify(problems));
    told.forEach((form, i) => assert.match(problems[i], form));
    assert.match(await a.page("/minute/1"), /v1/);
    await a.stats();
    assert.deepEqual(w.lines, problems.map((p) => `inlay: ${p}`));
  }
});

test("a site's own code purges through the log", async (t) => {
  const w = world(t);
  const a = w.isolate();
  await a.page("/minute/1");
  w.version = 2;
  assert.deepEqual(await purge(a.env, { tags: ["t:1"] }), { log: 1 });
  w.tick(1100);
  await a.page("/minute/1");
  assert.match(await a.page("/minute/1"), /v2/);
  assert.deepEqual(await purge(a.env, { keys: ["/k"], all: true, soft: true }), { log: 2 });
  assert.deepEqual(JSON.parse(w.log.asked.at(-1)).subjects, ["~all", "~key:/k"]);
  assert.deepEqual(await purge(a.env, { tags: Array.from({ length: 2500 }, (_, i) => `n:${i}`) }), { log: 5 });
  await assert.rejects(purge(a.env, {}), /nothing is named/);
  await assert.rejects(purge(a.env, { tags: [""] }), /"" is no tag/);
  await assert.rejects(purge({}, { all: true }), /there is no INLAY_LOG/);
  await assert.rejects(purge({ INLAY_LOG: "x" }, { all: true }), /INLAY_LOG is a variable/);
  w.log.trouble = () => new Response("oh", { status: 500 });
  await assert.rejects(purge(a.env, { all: true }), /status 500: oh/);
});
