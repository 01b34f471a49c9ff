// How the log is asked through snapshots of it, and what is put below, without a core. node --test worker/view.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";
import { Colo, Context, DurableObjectNamespace, KvNamespace } from "./testing/beyond.mjs";

const { View, ageOf } = await import("./view.mjs");
const { Tiers, dataCenter, digest, kv } = await import("./tiers.mjs");
const { readAnswer } = await import("./log.mjs");

test("a snapshot's age is never taken for less than it is", () => {
  const now = 1.8e12;
  for (const [name, fields, age] of [
    ["by clocks", { "inlay-sent": now - 700, "inlay-took": 40 }, 700],
    ["just made", { "inlay-sent": now - 40, "inlay-took": 40 }, 40],
    ["by Age, which counts whole seconds from when the cache had all", { "inlay-sent": now - 100, "inlay-took": 40, age: 0 }, 2040],
    ["of a maker whose clock is behind", { "inlay-sent": now - 9000, "inlay-took": 40, age: 1 }, 9000],
    ["of a maker whose clock is ahead", { "inlay-sent": now + 9000, "inlay-took": 40, age: 1 }, 3040],
    ["the same without Age", { "inlay-sent": now + 9000, "inlay-took": 40 }, NaN],
    ["by a clock that says it came before it was made", { "inlay-sent": now - 30, "inlay-took": 40 }, NaN],
    ["of no maker", { age: 0 }, NaN],
    ["of nobody", {}, NaN],
    ["with an Age that is none", { "inlay-sent": now - 100, "inlay-took": 40, age: "x" }, 100],
  ]) {
    assert.equal(ageOf(new Headers(Object.entries(fields).map(([n, v]) => [n, String(v)])), now), age, name);
  }
});

/** An exchange as far as a view uses it, and what its view was told. */
function exchangeOf() {
  const ctx = new Context();
  const told = [];
  const core = { polled: (_, poll, heard) => told.push([poll, heard]), told: (_, subjects, heard) => { told.push(["purge", heard]); return subjects.length; } };
  return { ctx, core, told, settle() {}, wake() {} };
}

test("a snapshot is used by who can learn from it, and by nobody else", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1.8e12 });
  const log = new DurableObjectNamespace();
  globalThis.caches = new Colo();
  const maker = new View(log, 5000, true);
  const poll = async (view, known, seq) => {
    const asked = log.asked.length;
    const exchange = exchangeOf();
    await view.poll(exchange, { poll: 7, log: known, seq });
    await exchange.ctx.over();
    const [[number, heard]] = exchange.told;
    assert.equal(number, 7);
    return { heard, direct: log.asked.length > asked };
  };
  const first = await poll(maker, "", 0);
  assert.equal(first.direct, true);
  const id = first.heard.log;
  await maker.purge(exchangeOf(), { log: id, seq: 0, subjects: ["tag:a", "~all"] });
  globalThis.caches = new Colo();
  await poll(maker, id, 1); // makes a snapshot of 1
  t.mock.timers.tick(300);
  assert.deepEqual(await poll(maker, id, 1), { heard: { log: id, seq: 1, floor: 0, marks: [], age: 300 }, direct: false });
  assert.deepEqual((await poll(maker, id, 0)).heard.marks, [[1, "tag:a"], [1, "~all"]]);
  assert.deepEqual((await poll(maker, "", 0)).direct, false, "who knows none takes any");
  assert.equal((await poll(maker, "another", 0)).direct, true);
  t.mock.timers.tick(300);
  await maker.purge(exchangeOf(), { log: id, seq: 1, subjects: ["tag:b"] });
  const ahead = await poll(maker, id, 2);
  assert.deepEqual([ahead.direct, ahead.heard.age, ahead.heard.marks], [true, 0, []], "it is below what it knows already");
  assert.equal((await poll(maker, id, 1)).direct, false, "and that has renewed it");
  t.mock.timers.tick(999);
  assert.equal((await poll(new View(log, 4000, true), id, 2)).direct, false);
  for (const entry of globalThis.caches.entries.values()) entry.maxAge = 1000; // a cache that keeps things too long
  t.mock.timers.tick(1000);
  assert.equal((await poll(new View(log, 4001, true), id, 2)).direct, false);
  t.mock.timers.tick(1);
  assert.equal((await poll(new View(log, 4000, true), id, 2)).direct, true, "half a lease is over");
  assert.equal((await poll(new View(log, 3999, true), id, 2)).direct, true, "a lease of less has no use for any");
  assert.equal((await poll(new View(log, 5000, false), id, 2)).direct, true);
});

test("a snapshot that cannot be had is no reason to wait, or to fail", async (t) => {
  const log = new DurableObjectNamespace();
  globalThis.caches = new Colo();
  for (const trouble of [() => new Promise(() => {}), () => { throw new Error("oh"); }, () => { throw new Error("No Cache was configured"); }]) {
    globalThis.caches.trouble = trouble;
    const exchange = exchangeOf();
    await new View(log, 5000, true).poll(exchange, { poll: 1, log: "", seq: 0 });
    assert.equal(exchange.told[0][1].seq, 0);
    await exchange.ctx.over();
  }
  t.diagnostic("each was answered by the log");
});

test("a poll has a second, a purge five", async (t) => {
  t.mock.method(console, "error", () => {});
  const log = new DurableObjectNamespace();
  log.trouble = () => new Promise(() => {});
  const exchange = exchangeOf();
  const view = new View(log, 1000, false);
  const begun = performance.now();
  const waiting = view.polled().then(() => performance.now() - begun);
  await view.poll(exchange, { poll: 1, log: "", seq: 0 });
  const took = performance.now() - begun;
  assert.ok(took > 990 && took < 1400, `${took} ms`);
  assert.ok(await waiting < 1400, "who waits for it goes on with it");
  assert.deepEqual(exchange.told, [[1, "no answer within 1000 ms"]]);
});

test("who waits for a poll is woken by its end, and by his own time if there is none", async () => {
  const log = new DurableObjectNamespace();
  const view = new View(log, 1000, false);
  const begun = performance.now();
  const two = Promise.all([view.polled(), view.polled()]);
  await view.poll(exchangeOf(), { poll: 1, log: "", seq: 0 });
  await two;
  assert.ok(performance.now() - begun < 500);
  assert.equal(view.waiters.size, 0);
  const alone = performance.now();
  await view.polled();
  assert.ok(performance.now() - alone > 990);
  assert.equal(view.waiters.size, 0);
});

test("nothing is put below for less than a cache counts, or KV keeps", async () => {
  globalThis.caches = new Colo();
  const store = new KvNamespace();
  const tiers = new Tiers(new DurableObjectNamespace(), store, "b");
  const core = { puts: [] };
  const exchange = { ctx: new Context(), core, settle() {} };
  const put = (keep, to) => core.puts.push({ name: `${keep}-${to}`, tiers: to, bytes: new Uint8Array([1, 2]), keep });
  for (const keep of [999, 1000, 59_999, 60_000, 61_999, 1e15]) for (const to of [dataCenter, kv, dataCenter | kv]) put(keep, to);
  tiers.putAll(exchange, core);
  assert.deepEqual(core.puts, []);
  await exchange.ctx.over();
  assert.deepEqual([...store.entries].map(([key, { expirationTtl }]) => [key, expirationTtl]), [
    ["id-of-log/b/60000-2", 60], ["id-of-log/b/60000-3", 60], ["id-of-log/b/61999-2", 61], ["id-of-log/b/61999-3", 61],
    ["id-of-log/b/1000000000000000-2", 31536000], ["id-of-log/b/1000000000000000-3", 31536000],
  ]);
  assert.deepEqual([...globalThis.caches.entries.values()].map((e) => e.maxAge), [1, 1, 59, 59, 60, 60, 61, 61, 31536000, 31536000]);
  assert.equal((await tiers.read(dataCenter, "1000-1")).resident, -1, "how long it lay there this cache does not tell");
  globalThis.caches.ages = true;
  assert.deepEqual(await tiers.read(dataCenter, "60000-3"), { bytes: new Uint8Array([1, 2]), resident: 0 });
  assert.deepEqual((await tiers.read(kv, "60000-3")).bytes, new Uint8Array([1, 2]));
  assert.deepEqual([await tiers.read(kv, "none"), await tiers.read(dataCenter, "none")], [null, null]);
});

test("a workerd that has no cache is told once, and not asked again", async (t) => {
  const lines = [];
  t.mock.method(console, "warn", (line) => lines.push(line));
  globalThis.caches = new Colo();
  globalThis.caches.trouble = () => { throw new Error("No Cache was configured"); };
  const tiers = new Tiers(new DurableObjectNamespace(), null, "b");
  for (let i = 0; i < 3; i++) assert.equal(await tiers.read(dataCenter, "x"), null);
  await tiers.write(dataCenter, { name: "x", bytes: new Uint8Array(1), keep: 5000, tiers: dataCenter });
  assert.equal(globalThis.caches.matched.length, 1);
  assert.deepEqual(lines, ["inlay: the data centre's cache: a fragment could not be read: No Cache was configured"]);
});

test("an answer is read, or refused whole", () => {
  assert.deepEqual(readAnswer('{"log":"a","seq":3,"floor":1,"reset":true,"marks":[[3,"all"],[2,"x"]],"more":1}'),
    { log: "a", seq: 3, floor: 1, marks: [[3, "all"], [2, "x"]] });
  const good = { log: "a", seq: 3, floor: 1, marks: [[3, "all"]] };
  for (const bad of [{ log: "" }, { log: 1 }, { seq: -1 }, { seq: 1.5 }, { seq: "3" }, { seq: 2 ** 60 }, { floor: 4 }, { marks: {} }, { marks: [[4, "all"]] },
    { marks: [[3]] }, { marks: [[3, ""]] }, { marks: [[3, "a\0b"]] }, { marks: [3] }, { marks: [["3", "all"]] }]) {
    assert.throws(() => readAnswer(JSON.stringify({ ...good, ...bad })), /no answer of a purge log/, JSON.stringify(bad));
  }
  for (const bad of ["", "x", "null", "3", "[]"]) assert.throws(() => readAnswer(bad), /no answer of a purge log/, bad);
});

test("what lies below is called by where it came from", () => {
  const names = ["", "https://a.example\n", "https://b.example\n", "https://a.example\nx-key: 1", "https://a.example\nx-key: 2"].map(digest);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[0-9a-f]{16}$/);
});
