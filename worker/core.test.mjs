// The built core.wasm under Node. node --test worker/core.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";
import { Client, answer, get, load, stats } from "./testing/client.mjs";

const { ConfigError, Core, CrashError } = await import("./core.mjs");

/** Blobs that are held. */
const held = (core) => core.blobs.length - 1 - core.free.length;

test("the core's memory after a million warm requests is that after ten thousand", () => {
  const core = new Core({ INLAY_MAX_BYTES: "1MiB" });
  load(core, "/pkg/net/http");
  const warm = () => {
    const client = get(core, "/pkg/net/http", { cookie: "a=b", "accept-language": "de" });
    assert.equal(client.head.status, 200);
    assert.ok(client.body.length > 1000);
  };
  for (let i = 0; i < 10_000; i++) warm();
  const memory = core.memory.buffer.byteLength;
  const blobs = held(core);
  for (let i = 10_000; i < 1_000_000; i++) warm();
  assert.equal(core.memory.buffer.byteLength, memory);
  assert.equal(held(core), blobs);
  assert.equal(core.waiting.size, 0);
});

test("every blob that is no longer used is dropped", () => {
  const core = new Core({ INLAY_MAX_BYTES: "4MiB" });
  const fresh = held(core);
  for (let i = 0; i < 2000; i++) {
    const client = load(core, `/pkg/churn/${i}`, (src) => `<p>${src.repeat(1 + (i % 7) * 40)}</p>`);
    assert.ok(client.finished, `page ${i}`);
    get(core, `/pkg/churn/${i}`);
  }
  assert.ok(held(core) > fresh);
  const bytes = core.blobs.reduce((n, b) => n + (b?.length ?? 0), 0);
  assert.ok(bytes <= 4 << 20, `${bytes} bytes are held`);
  const other = new Core({});
  let before = 0; // the page itself, which is read when it is first asked for
  for (const pages of [1, 50]) {
    for (let i = 0; i < pages; i++) {
      load(other, `/pkg/churn/${i}`);
      get(other, `/pkg/churn/${i}`);
    }
    assert.ok(other.change(null, ["all"]) > 0);
    before ||= held(other);
  }
  assert.equal(held(other), before);
});

test("a fill that fails, times out or comes late leaves no blob behind", () => {
  const core = new Core({ INLAY_NEGATIVE_TTL: "0s" });
  let before = 0;
  for (let i = 0; i < 100; i++) {
    if (i === 1) before = held(core); // with the page, which is read when it is first asked for
    const client = get(core, "/pkg/failing");
    for (const fill of client.fills) core.fillFail(fill, 0, "nobody there");
    core.resume(client);
    assert.ok(client.finished);
    for (const fill of client.fills) core.fillEnd(fill, answer("<p>late</p>"));
    for (const fill of get(core, "/pkg/refused").fills) core.fillEnd(fill, answer("<p>", { "set-cookie": "a=b" }));
  }
  assert.equal(held(core), before);
});

test("a target and header fields of any length are taken whole", () => {
  const core = new Core({});
  const long = "ü".repeat(3000);
  const client = get(core, `/no/page?${long}`);
  assert.ok(client.passed);
  const page = get(core, `/pkg/net/http?${"x".repeat(100_000)}`, { cookie: `a=${"b".repeat(100_000)}`, "accept-language": long.replaceAll("ü", "u") });
  assert.ok(page.head);
});

test("a fill tells whose slot it was begun for", () => {
  const client = get(new Core({}), "/pkg/net/http");
  assert.ok(client.fills.length > 1);
  for (const { slot, src, pagePattern, fields } of client.fills) {
    assert.equal(src, `/fragments/${slot}/net/http`);
    assert.equal(pagePattern, "/pkg/{path...}");
    assert.ok(!fields.some(([name]) => name === slot), "and no field of it comes of that");
  }
});

test("a trap ends the instance once, and wakes everyone who waits", (t) => {
  const logged = t.mock.method(console, "error", () => {});
  const core = new Core({});
  const waiting = [get(core, "/pkg/a"), get(core, "/pkg/b")];
  core.exports = { ...core.exports, resume() { throw new WebAssembly.RuntimeError("unreachable"); } };
  assert.throws(() => core.resume(waiting[0]), CrashError);
  assert.throws(() => core.resume(waiting[1]), CrashError);
  assert.throws(() => core.leave(waiting[1].id), CrashError);
  assert.ok(waiting.every((c) => c.woken));
  assert.equal(core.blobs.length, 0);
  assert.equal(logged.mock.callCount(), 1);
  assert.match(logged.mock.calls[0].arguments[0], /^inlay: the core has crashed[^\n]*unreachable[^\n]*$/);

  assert.equal(stats(new Core({})).core_crashes_total, 1);
});

test("variables that cannot be used are refused with a text that names them", () => {
  assert.throws(() => new Core({ INLAY_TTL: "soon", INLAY_MAX_BYTES: "much" }), (error) =>
    error instanceof ConfigError && /INLAY_TTL/.test(error.message) && /INLAY_MAX_BYTES/.test(error.message));
});

test("fills that were lost unseen are forgotten", (t) => {
  const core = new Core({});
  t.mock.timers.enable({ apis: ["Date"], now: 1e12 });
  core.lead({ id: 1 }, {});
  t.mock.timers.tick(59_000);
  core.lead({ id: 2 }, {});
  assert.deepEqual([...core.led.keys()], [1, 2]);
  t.mock.timers.tick(1_000);
  core.lead({ id: 3 }, {});
  assert.deepEqual([...core.led.keys()], [2, 3]);
});

test("a request that waits watches the leader's fills; the first to find him gone says so, and takes over", () => {
  const core = new Core({});
  const [leader, second, third] = [get(core, "/pkg/a"), get(core, "/pkg/a"), get(core, "/pkg/a")];
  for (const fill of leader.fills) core.lead(fill, leader);
  assert.deepEqual(leader.watched, []);
  assert.deepEqual(second.watched, leader.fills.map((f) => f.id));
  assert.deepEqual(third.watched, second.watched);
  for (const id of [...second.watched, ...third.watched]) core.fillLost(id);
  assert.ok(leader.left && !leader.woken && !core.waiting.has(leader.id));
  assert.ok(second.woken && !third.woken);
  core.resume(second);
  assert.deepEqual(second.fills.map((f) => f.src), leader.fills.map((f) => f.src));
  for (const fill of second.fills) core.fillEnd(fill, answer("<p>"));
  core.resume(second);
  core.resume(third);
  assert.ok(second.finished && third.finished);
});

test("what is cached is listed in steps, with what is known of each entry", () => {
  const core = new Core({ INLAY_NEGATIVE_TTL: "1m" });
  for (let i = 0; i < 200; i++) load(core, `/pkg/list/${i}`);
  for (let i = 0; i < 200; i++) get(core, `/pkg/list/${i}`);
  const failing = get(core, "/pkg/failing");
  core.fillFail(failing.fills[0], 0, "no route to it");
  const waiting = failing.fills.length - 1;
  const all = new Map();
  let steps = 0;
  for (let cursor = 0n, more = true; more; more = cursor !== 0n, steps++) {
    const { entries, next } = core.entries(cursor, 50);
    assert.ok(entries.length < 120, "a step is short");
    for (const entry of entries) {
      assert.ok(!all.has(`${entry.kind} ${entry.key}`), entry.key);
      all.set(`${entry.kind} ${entry.key}`, entry);
    }
    cursor = next;
  }
  assert.ok(steps > 10);
  assert.equal(all.size, stats(core).cache_entries);
  const kinds = [...all.values()].map(({ kind }) => kind);
  assert.equal(kinds.filter((kind) => kind === "failure").length, 1);
  assert.ok(kinds.filter((kind) => kind === "page").length >= 200);
  const failure = [...all.values()].find(({ kind }) => kind === "failure");
  assert.deepEqual([failure.state, failure.reason, failure.text, failure.from, failure.took], ["fresh", "connect", "no route to it", null, null]);
  const fragment = [...all.values()].find(({ kind, tags }) => kind === "fragment" && tags.length > 0);
  assert.ok(fragment.state === "fresh" && fragment.left > 0 && fragment.bytes > 0 && fragment.charged > fragment.bytes && fragment.age >= 0, JSON.stringify(fragment));
  assert.equal(fragment.from, "origin");

  const flights = core.flights();
  assert.equal(flights.length, waiting);
  assert.equal(flights[0].page, failing.fills[1].pagePattern);
  assert.deepEqual([flights[0].waiting, flights[0].attempts, flights[0].looking], [1, 1, false]);
});

test("repeats count as warm pages, and what they show as saved", () => {
  const core = new Core({});
  load(core, "/pkg/net/http");
  get(core, "/pkg/net/http");
  get(core, "/pkg/net/http");
  const before = stats(core);
  const request = { url: "https://site.example/", headers: new Headers() };
  for (let i = 0; i < 1000; i++) {
    const found = core.repeats.find(request, Date.now(), core.bytes());
    assert.ok(found !== undefined);
    core.repeats.use(found, Date.now());
  }
  const after = stats(core);
  assert.equal(after.warm_pages_total - before.warm_pages_total, 1000);
  const each = (after.saved_fills_total - before.saved_fills_total) / 1000;
  assert.ok(Number.isInteger(each) && each > 1, each);
});
