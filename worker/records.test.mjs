// What administration tells of the past. node --test worker/records.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";
import { load, get, token } from "./testing/client.mjs";

const { Core } = await import("./core.mjs");
const { Opening } = await import("./exchange.mjs");
const { Failures, History } = await import("./records.mjs");

test("the last hundred failures are told, the newest first, with what to do", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
  const failures = new Failures();
  for (let i = 0; i < 103; i++) failures.add({ key: `/f/${i}`, page: "/p/{id}", slot: "price", reason: "timeout" }, 0, `no whole answer ${i}`, 3000);
  failures.add({ key: "/\ud800<\n", reason: "status" }, 503, "x".repeat(9999), null);
  const { reach, failures: told } = JSON.parse(failures.text());
  assert.equal(reach, "isolate");
  assert.equal(told.length, 100);
  assert.deepEqual({ ...told[0], text: told[0].text.length, remedy: told[0].remedy !== "" },
    { at: "2026-01-02T03:04:05Z", key: "/\ufffd<\n", page: "", slot: "", reason: "status", status: 503, text: 501, remedy: true, took: null });
  assert.deepEqual(Object.keys(told[0]), ["at", "key", "page", "slot", "reason", "status", "text", "remedy", "took"]);
  assert.deepEqual([told[1].key, told[99].key], ["/f/102", "/f/4"]);
  assert.match(told[1].remedy, /slot's timeout/);
  assert.ok(failures.text().endsWith("}\n"));
});

test("history has what grew in each ten seconds in which something did", () => {
  const history = new History(["fills_total", "warm_pages_total", "saved_milliseconds_total"]);
  let now = 1e12;
  const at = (ms, ...figures) => {
    now = 1e12 + ms;
    if (now >= due) due = history.turn(now, 0, BigInt64Array.from(figures.map(BigInt)));
  };
  let due = 0;
  at(0, 0, 0, 0);
  at(9_999, 5, 5, 5);
  assert.deepEqual(JSON.parse(history.text()).samples, []);
  at(12_000, 2, 7, 90); // the window from 0 to 10 s; the next is from 12 s on
  at(22_000, 2, 7, 90); // in which nothing grew
  at(50_000, 2, 7, 90);
  at(3_600_000, 2, 8, 91); // of the window from 50 to 60 s
  const { reach, every, samples } = JSON.parse(history.text());
  assert.deepEqual([reach, every], ["isolate", 10]);
  assert.deepEqual(samples, [
    { at: "2001-09-09T01:46:50Z", warm: 7, stale: 0, cold: 0, failed: 0, fills: 2, saved_fills: 0, saved_ms: 90, saved_bytes: 0 },
    { at: "2001-09-09T01:47:40Z", warm: 1, stale: 0, cold: 0, failed: 0, fills: 0, saved_fills: 0, saved_ms: 1, saved_bytes: 0 },
  ]);
  for (let i = 1; i < 500; i++) at(4e6 + i * 10_000, 2, 8 + i, 91);
  assert.equal(JSON.parse(history.text()).samples.length, 360);
});

test("pages are counted in the ten seconds in which they were answered, repeated ones too", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1e12 });
  const core = new Core({ INLAY_TOKEN: token });
  const opening = new Opening(() => core);
  const url = "http://shop.test/pkg/net/http";
  const ask = () => opening.answer(new Request(url), {}, { waitUntil() {} });
  await opening.answer(new Request("http://shop.test/_inlay/stats"), {}, { waitUntil() {} }); // the first event
  load(core, "/pkg/net/http");
  get(core, "/pkg/net/http"); // composes it: neither warm nor cold
  for (let i = 0; i < 5; i++) await ask();
  t.mock.timers.setTime(1e12 + 9000);
  await ask();
  t.mock.timers.setTime(1e12 + 60_000);
  await ask(); // the first event after the window's end
  t.mock.timers.setTime(1e12 + 80_000);
  await ask();
  const samples = JSON.parse(core.history.text()).samples.map(({ at, warm, cold, stale, failed }) => [at, warm + cold + stale + failed]);
  assert.deepEqual(samples, [["2001-09-09T01:46:50Z", 7], ["2001-09-09T01:47:50Z", 1]]);
});
