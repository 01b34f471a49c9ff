// What is written to INLAY_ANALYTICS. node --test worker/analytics.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./testing/modules.mjs";
import { get, load } from "./testing/client.mjs";

const { Analytics, analyticsOf, cut, patternsIn, stateOf } = await import("./analytics.mjs");
const { Core } = await import("./core.mjs");
const { Shells } = await import("./not-found.mjs");

const pages = new Shells(new Uint8Array(readFileSync(new URL("../build/pages.bin", import.meta.url))).buffer).pages;

/** A dataset, as workerd has it, which also refuses what the platform would. */
class Dataset {
  points = [];
  writeDataPoint(point) {
    const { indexes, blobs, doubles } = point;
    const size = (text) => new TextEncoder().encode(text).length;
    assert.ok(indexes.length === 1 && size(indexes[0]) <= 96, indexes[0]);
    assert.ok(blobs.length <= 20 && blobs.reduce((sum, blob) => sum + size(blob), 0) <= 16 * 1024);
    assert.ok(doubles.length <= 20 && doubles.every(Number.isFinite));
    this.points.push(point);
  }
}

/** One of its own, with a clock. */
function make(more = pages) {
  const dataset = new Dataset();
  const analytics = new Analytics(dataset);
  const world = { dataset, analytics, clock: 1000 };
  analytics.begin(more, () => world.clock);
  return world;
}

const head = (status, slots) => ({ init: new Response(null, { status, headers: slots === undefined ? {} : { "cache-status": slots } }), length: "" });
const written = ({ dataset }) => dataset.points.splice(0).map(({ indexes: [index], blobs, doubles }) => [index, ...blobs.slice(0, 7), ...doubles]);

test("the patterns are those of the pages, in their order", () => {
  const patterns = patternsIn(pages);
  assert.ok(patterns.length > 1 && patterns.includes("/pkg/{path...}"), String(patterns));
  const core = new Core({ INLAY_ANALYTICS: new Dataset() });
  assert.equal(patterns[get(core, "/pkg/net/http").index], "/pkg/{path...}");
  assert.equal(get(core, "/no/such/page").index, -1);
  assert.equal(get(core, "/_inlay/stats").index, -1);
});

test("the state of a page is that of its head", () => {
  for (const [status, slots, want] of [
    [200, "inlay/a;hit, inlay/b;hit", "warm"], [200, "", "warm"], [200, "inlay/a;hit;ttl=29", "warm"], [200, "inlay/a;hit;ttl=05", "warm"],
    [200, "inlay/a;hit;ttl=0, inlay/b;hit", "stale"], [200, "inlay/a;hit;ttl=-3", "stale"], [200, "inlay/a;fwd=stale", "stale"],
    [200, "inlay/a;hit;ttl=-3, inlay/b;fwd=miss", "cold"], [200, "inlay/a;fwd=miss;collapsed", "cold"], [200, "inlay/a;fwd=bypass", "cold"],
    [404, undefined, "failed"], [502, "inlay/a;fwd=miss", "failed"], [304, "inlay/a;hit", "warm"],
  ]) assert.equal(stateOf(head(status, slots).init), want, slots);
});

test("pages that are answered alike are one point with their number", () => {
  const world = make();
  const { analytics } = world;
  const page = analytics.patterns.indexOf("/pkg/{path...}");
  const warm = head(200, "inlay/a;hit");
  analytics.answered(page, warm, true);
  warm.tally.count += 41; // what is said again
  analytics.answered(page, head(200, "inlay/b;hit"), true);
  analytics.answered(page, head(200, "inlay/a;fwd=miss"), false);
  analytics.answered(page, head(502), true);
  analytics.answered(-1, head(200, "inlay/shell;hit"), true);
  analytics.answered(-1, head(404), true); // what is no page
  analytics.answered(-2, head(200, "inlay/a;hit"), true); // one slot
  analytics.answered(page, head(400), true);
  analytics.answered(page, head(421), true);
  assert.deepEqual(written(world), []);
  analytics.write();
  assert.deepEqual(written(world), [
    ["/pkg/{path...}", "page", "/pkg/{path...}", "warm", "whole", "", "", "", 43, 0, 0, 0],
    ["/pkg/{path...}", "page", "/pkg/{path...}", "cold", "streamed", "", "", "", 1, 0, 0, 0],
    ["/pkg/{path...}", "page", "/pkg/{path...}", "failed", "whole", "", "", "", 1, 0, 0, 0],
    ["(origin)", "page", "(origin)", "warm", "whole", "", "", "", 1, 0, 0, 0],
  ]);
  analytics.write();
  assert.deepEqual(written(world), [], "nothing is written twice");
  warm.tally.count++;
  analytics.write();
  assert.deepEqual(written(world), [["/pkg/{path...}", "page", "/pkg/{path...}", "warm", "whole", "", "", "", 1, 0, 0, 0]]);
});

test("fills are written each, and of many alike some with their weight", () => {
  const world = make();
  const { analytics } = world;
  for (let i = 0; i < 3; i++) {
    world.clock = 2000 + 10 * i;
    analytics.filled({ pagePattern: "/p", slot: "a", began: 2000 }, "filled", "", "origin", 100 + i);
  }
  analytics.filled({ pagePattern: "", slot: "b", began: 1000, joined: 2 }, "failed", "timeout", "app", 0);
  analytics.filled({ slot: "b" }, "found", "", "kv", 7, true);
  analytics.write();
  assert.deepEqual(written(world), [
    ["/p", "fill", "/p", "filled", "a", "", "origin", "", 1, 0, 100, 0],
    ["/p", "fill", "/p", "filled", "a", "", "origin", "", 1, 10, 101, 0],
    ["/p", "fill", "/p", "filled", "a", "", "origin", "", 1, 20, 102, 0],
    ["(origin)", "fill", "(origin)", "failed", "b", "timeout", "app", "collapsed", 1, 1020, 0, 2],
    ["(origin)", "fill", "(origin)", "found", "b", "", "kv", "collapsed", 1, 0, 7, 0],
  ]);

  const seen = new Map();
  for (let round = 0; round < 300; round++) {
    for (let i = 0; i < 10; i++) analytics.filled({ pagePattern: "/p", slot: "a", began: world.clock }, "filled", "", "origin", i);
    analytics.write();
    const points = written(world);
    assert.equal(points.length, 4);
    assert.deepEqual(points.map((p) => p[8]), [3, 3, 2, 2], "together all of them");
    for (const p of points) seen.set(p[10], (seen.get(p[10]) ?? 0) + 1);
  }
  assert.equal(seen.size, 10);
  for (const [i, n] of seen) assert.ok(n > 60 && n < 180, `${i} was written ${n} times of 120`); // a deviation is 8.5
});

test("a request writes so many points, and the next ones the rest", () => {
  const world = make();
  const { analytics } = world;
  for (let i = 0; i < 350; i++) analytics.filled({ pagePattern: "/p", slot: `s${i}` }, "filled", "", "origin", 1);
  const sizes = [];
  do {
    analytics.write();
    sizes.push(written(world).length);
  } while (analytics.due === 0);
  assert.deepEqual(sizes, [100, 100, 100, 50]);
  assert.equal(analytics.due, world.clock + 10_000);
});

test("kinds that are too many are one", () => {
  const world = make();
  const { analytics } = world;
  for (let i = 0; i < 3000; i++) analytics.filled({ pagePattern: "/p", slot: `s${i}` }, "filled", "", "origin", 1);
  assert.ok(analytics.fills.size <= 1001);
  let weight = 0;
  do {
    analytics.write();
    for (const p of written(world)) weight += p[8];
  } while (analytics.due === 0);
  assert.equal(weight, 3000);
});

test("names are cut at a character to what the platform takes", () => {
  assert.equal(cut("/é".repeat(40), 96).length, 64);
  assert.equal(cut("a".repeat(97), 96), "a".repeat(96));
  assert.equal(cut("ab€", 4), "ab");
  assert.equal(cut("short", 96), "short");
  const world = make();
  const long = "/€/{parameter}".repeat(500);
  world.analytics.filled({ pagePattern: long, slot: long }, "failed", long, "origin", 1);
  world.analytics.write();
  assert.equal(written(world).length, 1);
});

test("a point that is refused costs no page, and is told once", (t) => {
  const said = t.mock.method(console, "warn", () => {});
  const world = make();
  world.dataset.writeDataPoint = () => { throw new TypeError("no more than that"); };
  for (let i = 0; i < 3; i++) {
    world.analytics.filled({ slot: `s${i}` }, "filled", "", "origin", 1);
    world.analytics.write();
  }
  assert.equal(said.mock.callCount(), 1);
  assert.match(said.mock.calls[0].arguments[0], /^inlay: INLAY_ANALYTICS has not taken a point: no more than that$/);
});

test("a core counts its fills, and a next one goes on", () => {
  const dataset = new Dataset();
  const core = new Core({ INLAY_ANALYTICS: dataset });
  assert.equal(analyticsOf(dataset, pages, () => 5), core.analytics, "a core that comes after a crash has what was gathered");
  core.analytics.begin(pages, () => core.now());
  load(core, "/pkg/net/http");
  const failing = get(core, "/pkg/failing");
  for (const fill of failing.fills) core.fillFail(fill, 1, "too slow");
  const wrong = get(core, "/pkg/wrong");
  for (const fill of wrong.fills) core.fillEnd(fill, { status: 503, headers: {}, body: new Uint8Array(0) });
  core.analytics.write();
  const outcomes = Map.groupBy(written({ dataset }), (p) => `${p[3]} ${p[5]}`);
  assert.deepEqual([...outcomes.keys()].sort(), ["failed status", "failed timeout", "filled "]);
  assert.ok(outcomes.get("filled ").every((p) => p[2] === "/pkg/{path...}" && p[4] !== "" && p[10] > 0));
});

test("without the binding there is nothing", () => {
  const core = new Core({});
  assert.equal(core.analytics, null);
  load(core, "/pkg/net/http");
  for (const value of ["inlay", {}, { writeDataPoint: 1 }]) {
    const wrong = new Core({ INLAY_ANALYTICS: value });
    assert.equal(wrong.analytics, null);
    assert.match(wrong.problems, /INLAY_ANALYTICS is .*it has to be the binding of a dataset of Workers Analytics Engine/);
  }
});
