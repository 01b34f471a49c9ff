// Requests from their first event on, with the built core.wasm under Node. node --test worker/exchange.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";
import { answer, get, load, stats, token } from "./testing/client.mjs";

const { Core } = await import("./core.mjs");
const { Exchange, Opening } = await import("./exchange.mjs");

const url = "http://shop.test/pkg/net/http";

/** A core that has a page composed, and how often it was asked to handle a request. */
function warm(t, env = {}) {
  t.mock.timers.enable({ apis: ["Date"], now: 1e12 });
  const core = new Core({ INLAY_TOKEN: token, ...env });
  load(core, "/pkg/net/http");
  get(core, "/pkg/net/http");
  const { handle } = core.exports;
  const counted = { core, handled: 0 };
  core.exports = { ...core.exports, handle: (...a) => (counted.handled++, handle(...a)) };
  const opening = new Opening(() => core);
  counted.ask = async (more = {}, at = url) => {
    const answer = await opening.answer(new Request(at, more), {}, { waitUntil() {} });
    return { status: answer.status, fields: Object.fromEntries(answer.headers), text: await answer.text() };
  };
  return counted;
}

test("what the engine lets be repeated is, without asking it, for the same URL only", async (t) => {
  const site = warm(t);
  const first = await site.ask();
  assert.equal(first.status, 200);
  for (let i = 0; i < 10; i++) assert.deepEqual(await site.ask({ headers: { cookie: `a=${i}`, range: "bytes=0-1" } }), first);
  assert.equal(site.handled, 1);
  assert.equal((await site.ask({ method: "HEAD" })).text, "");
  assert.equal((await site.ask({ headers: { "if-none-match": first.fields.etag } })).status, 304);
  assert.equal(site.handled, 3, "HEAD and conditional requests are the engine's");
  assert.deepEqual(await site.ask(), first);
  assert.equal(site.handled, 3, "and end nothing");
  await site.ask({}, "http://other.test/pkg/net/http");
  await site.ask({}, `${url}?a=b`);
  assert.equal(site.handled, 5);
  await site.ask();
  await site.ask({}, `${url}?a=b`);
  assert.equal(site.handled, 5);
});

test("what was repeated is counted", async (t) => {
  const site = warm(t);
  const before = stats(site.core).warm_pages_total;
  for (let i = 0; i < 7; i++) await site.ask();
  assert.equal(stats(site.core).warm_pages_total, before + 7);
  assert.equal(stats(site.core).warm_pages_total, before + 7);
});

test("an instance that traps when it is told of what was repeated is replaced as any that traps", async (t) => {
  t.mock.method(console, "error", () => {});
  const site = warm(t);
  for (let i = 0; i < 3; i++) await site.ask();
  const trap = () => { throw new WebAssembly.RuntimeError("unreachable"); };
  for (const [call, told] of [["handle", () => get(site.core, "/pkg/io")], ["event", () => site.core.leave(7)]]) {
    site.core.crashed = false;
    site.core.exports = { ...site.core.exports, repeated: trap };
    site.core.repeats.count = 1;
    assert.throws(told, { message: "the core has crashed" }, call);
    assert.equal(site.core.crashed, true);
    assert.equal(site.core.current, null);
  }
});

test("nothing is repeated past its time", async (t) => {
  const site = warm(t);
  await site.ask();
  t.mock.timers.tick(299_999);
  await site.ask();
  assert.equal(site.handled, 1);
  t.mock.timers.tick(1);
  await site.ask();
  assert.equal(site.handled, 2);
});

test("a purge ends every repeat", async (t) => {
  const site = warm(t);
  await site.ask();
  await site.ask();
  assert.equal(site.handled, 1);
  const purged = await site.ask({ method: "POST", headers: { authorization: `Bearer ${token}` } }, "http://shop.test/_inlay/purge?all=1");
  assert.equal(purged.status, 200);
  assert.equal(site.core.repeats.all.size, 0);
  assert.equal(site.core.repeats.bytes, 0);
});

test("an event that changes nothing about a page leaves its repeat", async (t) => {
  const site = warm(t);
  const first = await site.ask();
  const cold = get(site.core, "/pkg/io");
  for (const fill of cold.fills) site.core.fillEnd(fill, answer("<p>io</p>"));
  const lost = get(site.core, "/pkg/fmt");
  site.core.fillFail(lost.fills[0], 0, "nobody there");
  const { handled } = site;
  assert.deepEqual(await site.ask(), first);
  assert.equal(site.handled, handled);
});

test("a clock that jumps past a fragment's end does not leave its old page", async (t) => {
  const site = warm(t);
  await site.ask();
  t.mock.timers.tick(400_000);
  load(site.core, "/pkg/net/http", (src) => (src.includes("/title/") ? "<title>new</title>" : "<p>new</p>"));
  await site.ask();
  const next = await site.ask();
  assert.match(next.text, /<title>new<\/title>/);
  assert.equal(site.core.repeats.all.size, 1);
});

test("with debugging on nothing is repeated", async (t) => {
  const site = warm(t, { INLAY_DEBUG: "1" });
  await site.ask();
  await site.ask();
  assert.equal(site.handled, 2);
});

test("what is repeated is bounded in bytes, and what is asked for again stays", async (t) => {
  const site = warm(t);
  const { repeats } = site.core;
  await site.ask();
  for (const size of [10, 6000]) {
    for (let i = 0; i < 8000; i++) {
      await site.ask({}, `${url}?${i}${"x".repeat(size)}`);
      if (i % 100 === 0) await site.ask();
      assert.ok(repeats.bytes <= 2 << 20 && repeats.bytes >= 2 * size);
      if (size > 10 && i > 500) break;
    }
    assert.equal(repeats.bytes, [...repeats.all].reduce((n, [key, { parts }]) => n + 2 * key.length + parts.byteLength + 400, 0));
    const { handled } = site;
    await site.ask();
    assert.equal(site.handled, handled, "it was asked for all the time");
  }
  const { size } = repeats.all;
  await site.ask({}, `${url}?${"x".repeat(1_200_000)}`);
  assert.equal(repeats.all.size, size, "one that is too long is none");
});

test("a clock that is set back ends every repeat, and none is longer for it", async (t) => {
  let now = 1e12;
  t.mock.method(Date, "now", () => now);
  const core = new Core({});
  load(core, "/pkg/net/http");
  get(core, "/pkg/net/http");
  let handled = 0;
  const { handle } = core.exports;
  core.exports = { ...core.exports, handle: (...a) => (handled++, handle(...a)) };
  const opening = new Opening(() => core);
  const ask = () => opening.answer(new Request(url), {}, { waitUntil() {} });
  ask();
  now += 500;
  ask();
  assert.equal(handled, 1);
  now -= 3_600_000;
  ask();
  assert.equal(handled, 2, "an hour may have passed meanwhile, or none");
  now += 299_499;
  ask();
  assert.equal(handled, 2);
  now += 1;
  ask();
  assert.equal(handled, 3, "and no more");
});

test("who waits is told until when in time that does not go back", (t) => {
  let now = 1e12;
  t.mock.method(Date, "now", () => now);
  const core = new Core({ INLAY_FILL_TIMEOUT: "2s" });
  const first = get(core, "/pkg/io");
  assert.equal(first.until - core.now(), 2500);
  now -= 3_600_000;
  assert.equal(first.until - core.now(), 2500);
  const second = get(core, "/pkg/io");
  assert.equal(second.until - core.now(), 2500);
  now += 1000;
  assert.equal(second.until - core.now(), 1500);
  now += 1500;
  core.deadline(second);
  assert.ok(second.fills.length > 0, "the fills are lost, and taken over");
});

test("an exchange whose context went without a word is forgotten", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1e12 });
  const core = new Core({ INLAY_TOKEN: token });
  const gone = get(core, "/pkg/io");
  gone.endWait = () => {};
  const slow = get(core, "/pkg/os"); // its client takes nothing: no timer of its own runs
  t.mock.timers.tick(60_000);
  for (let i = 0; i < 4; i++) get(core, "/no/page");
  assert.equal(stats(core).waiting, 2);
  const woken = get(core, "/pkg/fmt");
  woken.endWait = () => {};
  t.mock.timers.tick(600_000); // or the clock was set forward: timers are yet to come
  for (let i = 0; i < 6; i++) get(core, "/no/page");
  assert.equal(stats(core).waiting, 3);
  core.deadline(woken);
  assert.ok(!woken.left);
  for (let i = 0; i < 6; i++) get(core, "/no/page");
  assert.ok(!gone.left && core.waiting.has(gone.id));
  core.waiting.delete(woken.id);
  core.leave(woken.id);
  t.mock.timers.tick(60_001);
  for (let i = 0; i < 6; i++) get(core, "/no/page");
  assert.ok(gone.left && !core.waiting.has(gone.id));
  assert.ok(core.waiting.has(slow.id));
  assert.equal(stats(core).waiting, 1);
});

test("a timer that something has held up lets the end of a fill be told first", async () => {
  for (const [held, wants] of [[300, "resume"], [0, "deadline"]]) {
    const events = [];
    const core = {
      crashed: false, waiting: new Map(), now: () => performance.now(),
      resume: () => events.push("resume"), deadline: () => events.push("deadline"),
    };
    const exchange = new Exchange(new Request(url), {}, { waitUntil() {} }, core, () => core, 1);
    exchange.wait(performance.now() + 20);
    const turn = exchange.turn();
    if (held > 0) {
      setTimeout(() => {
        for (const begun = performance.now(); performance.now() - begun < held; );
        setTimeout(() => exchange.wake(), 0); // as an instance's end is told: a turn later
      }, 0);
    }
    await turn;
    assert.deepEqual(events, [wants]);
  }
});
