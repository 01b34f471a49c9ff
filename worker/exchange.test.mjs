// Requests from their first event on, with the built core.wasm under Node. node --test worker/exchange.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";
import { get, load, stats, token } from "./testing/client.mjs";

const { Core } = await import("./core.mjs");
const { Opening } = await import("./exchange.mjs");

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

test("nothing is repeated past its time", async (t) => {
  const site = warm(t);
  await site.ask();
  t.mock.timers.tick(999);
  await site.ask();
  assert.equal(site.handled, 1);
  t.mock.timers.tick(1);
  const next = await site.ask();
  assert.equal(site.handled, 2);
  assert.match(next.fields["cache-status"], /ttl=299/);
});

test("a purge ends every repeat", async (t) => {
  const site = warm(t);
  await site.ask();
  await site.ask();
  assert.equal(site.handled, 1);
  const purged = await site.ask({ method: "POST", headers: { authorization: `Bearer ${token}` } }, "http://shop.test/_inlay/purge?all=1");
  assert.equal(purged.status, 200);
  assert.equal(site.core.repeats.size, 0);
});

test("another request's fill ends every repeat", async (t) => {
  const site = warm(t);
  await site.ask();
  assert.equal(site.core.repeats.size, 1);
  const cold = get(site.core, "/pkg/io");
  await site.ask();
  assert.equal(site.core.repeats.size, 1);
  site.core.fillFail(cold.fills[0], 0, "nobody there");
  assert.equal(site.core.repeats.size, 0);
});

test("with debugging on nothing is repeated", async (t) => {
  const site = warm(t, { INLAY_DEBUG: "1" });
  await site.ask();
  await site.ask();
  assert.equal(site.handled, 2);
});

test("what is remembered for repeating is bounded", async (t) => {
  const site = warm(t);
  for (let i = 0; i < 2500; i++) await site.ask({}, `${url}?${i}`);
  assert.ok(site.core.repeats.size <= 1000 && site.core.repeats.size > 0);
});
