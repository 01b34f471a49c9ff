// One fill a region, with isolates, object and origin in this process. node --test worker/region.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";

const { runFills } = await import("./fills.mjs");
const { Failure } = await import("./core.mjs");
const { RegionFill } = await import("./region.mjs");
const { RegionFrames, encodeFrame } = await import("./region-frames.mjs");

const noLog = { log: "", stamp: 0, maxAge: 25_000 };
const fill = (id, more) => ({
  id, src: `/f/${id}`, url: `http://origin.test/f/${id}`, binding: "", fields: [], constant: [], vouching: [], timeout: 5000, maxBytes: 1000, share: noLog, ...more,
});

/** The objects of a region, by their names. */
class Objects {
  constructor(env = {}) {
    this.env = env;
    this.all = new Map();
    this.hints = [];
  }
  idFromName(name) {
    return name;
  }
  get(name, options) {
    this.hints.push(options.locationHint);
    if (!this.all.has(name)) this.all.set(name, new RegionFill({ waitUntil: () => {} }, this.env));
    return { fetch: (url, init) => this.all.get(name).fetch(new Request(url, init)) };
  }
  /** The fills in progress. */
  get inProgress() {
    return [...this.all.values()].flatMap((object) => [...object.flights.values()].flat());
  }
  get flights() {
    return this.inProgress.length;
  }
  /** How many calls wait for one of them. */
  get waiting() {
    return this.inProgress.reduce((sum, { waiting }) => sum + waiting.size, 0);
  }
}

/** Runs fills as a request of an isolate that leads them; gives how they have ended, and stops. */
async function run(region, fills, { cf, env = {} } = {}) {
  const ends = new Map();
  const led = new Map();
  const core = {
    settings: { origin: "", secret: "", instances: { most: 8, kept: 0 } }, region,
    led: new Map(),
    lead: (of) => {
      const one = { stop: () => {} };
      led.set(of.id, one);
      return one;
    },
    fillEnd: (of, { status, body, before, headers, redirects }) => ends.set(of.id, { status, text: new TextDecoder().decode(body), before, headers, redirects }),
    fillFail: (of, failure, text, heard) => ends.set(of.id, { failure, text, heard }),
  };
  let work;
  runFills({ core, env, request: { cf }, line: [], lanes: 0, ctx: { waitUntil: (promise) => { work = promise; } } }, fills);
  ends.stop = (id) => led.get(id).stop();
  await work;
  return ends;
}

/** An origin that answers when it is told to. */
function origin(t) {
  const asked = [];
  t.mock.method(globalThis, "fetch", (request) => new Promise((resolve, reject) => {
    const one = { request, path: new URL(request.url).pathname, answer: (text, init) => resolve(new Response(text, init)), fail: reject };
    request.signal.addEventListener("abort", () => {
      one.aborted = true;
      reject(request.signal.reason);
    });
    asked.push(one);
  }));
  return asked;
}

async function until(is) {
  const end = Date.now() + 5000;
  while (!is()) {
    assert.ok(Date.now() < end, "it does not come to that");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test("without a binding a slot is filled as any other, and that is told once", async (t) => {
  const warned = t.mock.method(console, "warn", () => {});
  t.mock.method(globalThis, "fetch", async () => new Response("x"));
  for (let i = 0; i < 3; i++) assert.equal((await run(null, [fill(1)])).get(1).text, "x");
  assert.equal(warned.mock.callCount(), 1);
  assert.match(warned.mock.calls[0].arguments[0], /INLAY_REGION is not bound/);
});

test("a hundred requests of two isolates ask the origin once", async (t) => {
  const asked = origin(t);
  const region = new Objects();
  const all = Array.from({ length: 200 }, () => run(region, [fill(1)]));
  await until(() => region.waiting === 200 && asked.length > 0);
  assert.equal(asked.length, 1);
  asked[0].answer("<p>one</p>", { headers: { "cache-tag": "x", "set-cookie": "a=secret", "x-other": "y" } });
  for (const ends of await Promise.all(all)) {
    const { status, text, headers } = ends.get(1);
    assert.deepEqual([status, text], [200, "<p>one</p>"]);
    assert.equal(headers["cache-tag"], "x");
    assert.equal(headers["set-cookie"], "1", "that there was one, and not which");
    assert.equal(headers["x-other"], undefined);
  }
  assert.equal(region.flights, 0);
});

test("a page of the origin comes with all fields of its answer, and without its cookie", async (t) => {
  const asked = origin(t);
  const region = new Objects();
  const all = [run(region, [fill(1, { document: true })]), run(region, [fill(1)])];
  await until(() => asked.length === 2);
  for (const one of asked) one.answer("<p>one</p>", { headers: { "x-other": "y", "set-cookie": "a=secret" } });
  const [page, fragment] = (await Promise.all(all)).map((ends) => ends.get(1).headers);
  assert.deepEqual([page["x-other"], fragment["x-other"]], ["y", undefined]);
  assert.deepEqual([page["set-cookie"], fragment["set-cookie"]], ["1", "1"]);
});

test("what a fill asks for is what the slot's key says, and no other is joined", async (t) => {
  const asked = origin(t);
  const region = new Objects();
  const others = [{}, { fields: [["cookie", "a=1"]] }, { constant: [["x-key", "k"]] }, { vouching: [["authorization", "v"]] }, { url: "http://origin.test/other" }, { src: "/g", url: "http://origin.test/f/1?" }];
  const all = others.map((more) => run(region, [fill(1, more)]));
  await until(() => asked.length === others.length);
  assert.deepEqual(Object.fromEntries(asked.find((one) => one.request.headers.has("cookie")).request.headers), { "accept-encoding": "identity", cookie: "a=1", "inlay-fill": "1", "surrogate-capability": 'inlay="ESI/1.0"' });
  for (const one of asked) one.answer("x");
  await Promise.all(all);
});

test("whose fill it is, and of which trace, is no part of what it asks for: the first one's goes on", async (t) => {
  const asked = origin(t);
  const region = new Objects();
  const first = run(region, [fill(1, { request: "a", slot: "x", pagePattern: "/x", trace: [["traceparent", "first"], ["tracestate", "a=1"]] })]);
  await until(() => asked.length === 1);
  const second = run(region, [fill(1, { request: "b", slot: "y", pagePattern: "/y", trace: [["traceparent", "second"]] })]);
  await until(() => region.waiting === 2);
  asked[0].answer("both");
  assert.deepEqual([(await first).get(1).text, (await second).get(1).text, asked.length], ["both", "both", 1]);
  assert.deepEqual(["traceparent", "tracestate"].map((name) => asked[0].request.headers.get(name)), ["first", "a=1"]);
});

test("fills of several keys go on side by side, and each end is told as it comes", async (t) => {
  const asked = origin(t);
  const region = new Objects();
  const first = run(region, [fill(1), fill(2), fill(3)]);
  const second = run(region, [fill(3), fill(4)]);
  await until(() => asked.length === 4);
  asked.find(({ path }) => path === "/f/4").answer("four");
  asked.find(({ path }) => path === "/f/3").answer("three");
  assert.equal((await second).get(4).text, "four");
  asked.find(({ path }) => path === "/f/2").answer("two");
  asked.find(({ path }) => path === "/f/1").answer("one");
  const ends = await first;
  assert.deepEqual([1, 2, 3].map((id) => ends.get(id).text), ["one", "two", "three"]);
});

test("one is joined that was begun at the number that is known, or later, and is young enough", async (t) => {
  for (const [share, joins] of [
    [{ log: "L", stamp: 10, maxAge: 25_000 }, true],
    [{ log: "L", stamp: 9, maxAge: 25_000 }, true],
    [{ log: "L", stamp: 11, maxAge: 25_000 }, false],
    [{ log: "M", stamp: 1, maxAge: 25_000 }, false],
    [{ log: "", stamp: 0, maxAge: 25_000 }, true], // whoever knows of no log goes by the age
    [{ log: "L", stamp: 10, maxAge: 3000 }, false],
    [{ log: "L", stamp: 10, maxAge: 3001 }, true],
    [{ log: "L", stamp: 10, maxAge: 0 }, false],
    [{ log: "", stamp: 0, maxAge: 2999 }, false],
  ]) {
    await t.test(JSON.stringify(share), async (t) => {
      const asked = origin(t);
      const region = new Objects();
      let clock = 1000;
      t.mock.method(Date, "now", () => clock);
      const first = run(region, [fill(1, { share: { log: "L", stamp: 10, maxAge: 25_000 } })]);
      await until2(() => asked.length === 1);
      clock += 3000;
      const second = run(region, [fill(1, { share })]);
      await until2(() => region.waiting === 2 && asked.length === region.flights);
      assert.equal(asked.length, joins ? 1 : 2);
      clock += 500;
      for (const one of asked) one.answer("x");
      assert.equal((await first).get(1).before, 0);
      assert.equal((await second).get(1).before, joins ? 3000 : 0);
    });
  }
  async function until2(is) {
    for (let i = 0; !is(); i++) {
      assert.ok(i < 5000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
});

test("of several in progress a newer one is found", async (t) => {
  const asked = origin(t);
  const region = new Objects();
  const at = (stamp) => run(region, [fill(1, { share: { log: "L", stamp, maxAge: 25_000 } })]);
  const all = [at(1)];
  await until(() => asked.length === 1);
  all.push(at(2));
  await until(() => asked.length === 2);
  all.push(at(1), at(2));
  await until(() => region.waiting === 4);
  asked[0].answer("old");
  asked[1].answer("new");
  assert.deepEqual((await Promise.all(all)).map((ends) => ends.get(1).text), ["old", "new", "new", "new"]);
  assert.equal(asked.length, 2);
});

test("failures are those of a fill of the isolate's own", async (t) => {
  t.mock.method(console, "warn", () => {});
  const big = "x".repeat(1001);
  for (const [how, more] of [
    [(one) => one.fail(new TypeError("refused")), {}],
    [(one) => one.answer(big), {}],
    [(one) => one.answer("gone", { status: 404 }), {}],
    [(one) => one.answer("", { status: 302, headers: { location: "https://other.test/" } }), {}],
    [(one) => one.answer(new ReadableStream({ start: (c) => { c.enqueue(new Uint8Array(3)); setTimeout(() => c.error(new Error("broke off")), 1); } }), { headers: { "cache-control": "private" } }), {}],
    [() => {}, { timeout: 30 }],
  ]) {
    const results = [];
    for (const region of [null, new Objects()]) {
      const asked = origin(t);
      const done = run(region, [fill(1, more)]);
      await until(() => asked.length === 1);
      how(asked[0]);
      const { before: _, headers, heard, ...end } = (await done).get(1);
      results.push({ ...end, heard: heard?.map((h) => [h.status, h.headers["cache-control"]]), location: undefined });
    }
    assert.deepEqual(results[1], results[0]);
  }
});

test("redirects are followed by the object, and each hop is handed on", async (t) => {
  const asked = origin(t);
  const done = run(new Objects(), [fill(1)]);
  await until(() => asked.length === 1);
  asked[0].answer("", { status: 302, headers: { location: "/f/next", "cache-control": "max-age=7" } });
  await until(() => asked.length === 2);
  assert.equal(asked[1].path, "/f/next");
  asked[1].answer("there");
  const { text, redirects } = (await done).get(1);
  assert.equal(text, "there");
  assert.deepEqual(redirects, [{ status: 302, headers: { "cache-control": "max-age=7", "content-type": "text/plain;charset=UTF-8" } }]);
});

test("who leaves is not waited for, and with the last of them the fill ends", async (t) => {
  const asked = origin(t);
  const region = new Objects();
  const runs = [];
  const start = () => {
    let core;
    const ends = new Map();
    const led = {};
    core = { settings: { origin: "", secret: "", instances: { most: 8, kept: 0 } }, region, led: new Map(), lead: () => led, fillEnd: () => ends.set(1, "end"), fillFail: () => ends.set(1, "fail") };
    let work;
    runFills({ core, env: {}, request: {}, line: [], lanes: 0, ctx: { waitUntil: (p) => { work = p; } } }, [fill(1)]);
    runs.push({ led, ends, work });
  };
  start();
  start();
  await until(() => asked.length === 1 && region.waiting === 2);
  runs[0].led.stop();
  await runs[0].work;
  await until(() => region.waiting === 1);
  assert.equal(asked[0].aborted, undefined, "another waits");
  runs[1].led.stop();
  await runs[1].work;
  await until(() => asked[0].aborted);
  assert.equal(region.flights, 0);
  assert.deepEqual(runs.map(({ ends }) => ends.size), [0, 0]);
});

test("where the object cannot do it, the isolate does, in what is left of the time", async (t) => {
  const warned = t.mock.method(console, "warn", () => {});
  const never = () => new Promise(() => {});
  const frame = (head, body) => encodeFrame({ before: 0, status: 200, headers: {}, redirects: [], ...head }, body);
  const streamed = (...chunks) => new Response(new ReadableStream({
    pull(controller) {
      if (chunks.length > 0) controller.enqueue(chunks.shift());
      else controller.error(new Error("network connection lost"));
    },
  }, { highWaterMark: 0 }));
  const first = frame({ index: 0 }, new TextEncoder().encode("theirs"));
  for (const [name, answer, theirs] of [
    ["unreachable", async () => { throw new Error("Network connection lost."); }, 0],
    ["overloaded", async () => { throw Object.assign(new Error("Durable Object is overloaded."), { overloaded: true }); }, 0],
    ["silent", never, 0],
    ["another status", async () => new Response("no", { status: 503 }), 0],
    ["no frames", async () => new Response("<html>"), 0],
    ["a frame of a fill that was not asked for", async () => streamed(frame({ index: 9 })), 0],
    ["dies at once", async () => streamed(), 0],
    ["dies within a frame", async () => streamed(first.subarray(0, 20)), 0],
    ["dies after the first", async () => streamed(first), 1],
    ["ends after the first", async () => new Response(first), 1],
  ]) {
    await t.test(name, async (t) => {
      const asked = [];
      t.mock.method(globalThis, "fetch", async (request) => {
        asked.push(new URL(request.url).pathname);
        return new Response("ours");
      });
      const region = { idFromName: () => 0, get: () => ({ fetch: answer }) };
      // Both of one object: the same key but for what only the URL says.
      const began = Date.now();
      const ends = await run(region, [fill(1, { src: "/same", timeout: 400 }), fill(2, { src: "/same", timeout: 400 })]);
      assert.ok(Date.now() - began < 400);
      assert.deepEqual([1, 2].map((id) => ends.get(id).text), theirs ? ["theirs", "ours"] : ["ours", "ours"]);
      assert.equal(asked.length, 2 - theirs);
    });
  }
  assert.equal(warned.mock.callCount(), 1, "told once");
  assert.match(warned.mock.calls[0].arguments[0], /^inlay: INLAY_REGION, local\/\d: 2 of its fills are done by the isolate itself: Network connection lost\. request=[0-9a-f]{16}$/);
});

test("handlers of app.wasm run there, those of a call together", async (t) => {
  const batches = [];
  t.mock.method(console, "error", () => {});
  globalThis.testApp = async (batch) => {
    batches.push(JSON.parse(new TextDecoder().decode(batch)).fills.length);
    throw new Error("app.wasm has ended");
  };
  const ends = await run(new Objects(), [fill(1, { url: "", src: "/same" }), fill(2, { url: "", src: "/same", constant: [["x-a", "b"]] })]);
  assert.deepEqual(batches, [2]);
  assert.deepEqual([1, 2].map((id) => ends.get(id).failure), [Failure.connect, Failure.connect]);
  assert.match(ends.get(1).text, /^app.wasm has ended/);
});

test("a continent has objects of its own, near it", async (t) => {
  t.mock.method(globalThis, "fetch", async () => new Response("x"));
  const region = new Objects();
  for (const continent of ["EU", "NA", "EU", undefined, "T1"]) await run(region, [fill(1)], { cf: continent && { continent } });
  assert.deepEqual([...region.all.keys()].map((name) => name.replace(/\/\d$/, "")), ["eu", "na", "local"]);
  assert.deepEqual(region.hints, ["weur", "enam", "weur", undefined, undefined]);
  const names = new Set();
  for (let id = 0; id < 200; id++) await run(region, [fill(id)]);
  for (const name of region.all.keys()) names.add(name);
  assert.equal([...names].filter((name) => name.startsWith("local/")).length, 8);
});

test("what is no call is refused, after it was read", async () => {
  const object = new RegionFill({ waitUntil: () => {} }, {});
  const good = { build: "test", settings: { origin: "", secret: "", instances: { most: 8, kept: 0 } }, fills: [fill(1)] };
  for (const [method, body] of [
    ["GET"], ["PUT", JSON.stringify(good)], ["POST", ""], ["POST", "null"], ["POST", "[]"], ["POST", JSON.stringify({ ...good, settings: 1 })],
    ["POST", JSON.stringify({ ...good, fills: [] })], ["POST", JSON.stringify({ ...good, fills: [{}] })],
    ["POST", JSON.stringify({ ...good, fills: [fill(1, { share: null })] })], ["POST", JSON.stringify({ ...good, fills: Array(1001).fill(fill(1)) })],
  ]) {
    const request = new Request("https://region/local/0/", { method, body });
    const response = await object.fetch(request);
    assert.equal(response.status, 400, `${method} ${body}`);
    assert.ok(body === undefined || request.bodyUsed);
  }
  const other = new Request("https://region/local/0/", { method: "POST", body: JSON.stringify({ ...good, build: "another" }) });
  assert.equal((await object.fetch(other)).status, 409, "of another deployment");
  assert.equal(object.flights.size, 0);
});

test("frames come in any pieces, and what is none is refused", () => {
  const heads = [
    { index: 0, before: 0, status: 200, headers: { "content-type": "text/html; ü" }, redirects: [{ status: 301, headers: {} }] },
    { index: 1, before: 7, failure: 2, text: "too large", heard: [{ status: 200, headers: {} }] },
  ];
  const bodies = [new TextEncoder().encode("<p>ä</p>"), new Uint8Array(0)];
  const whole = Uint8Array.from(heads.flatMap((head, i) => [...encodeFrame(head, bodies[i])]));
  for (let size = 1; size <= whole.length; size++) {
    const frames = new RegionFrames(2);
    const got = [];
    for (let at = 0; at < whole.length; at += size) got.push(...frames.push(whole.subarray(at, at + size)));
    assert.deepEqual(got.map(({ body: _, ...head }) => head), heads);
    assert.deepEqual(got.map(({ body }) => [...body]), bodies.map((body) => [...body]));
  }
  let seed = 1;
  const random = (n) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % n;
  for (let i = 0; i < 20_000; i++) {
    const spoilt = whole.slice(0, 1 + random(whole.length));
    for (let n = random(4); n >= 0; n--) spoilt[random(spoilt.length)] = random(256);
    const frames = new RegionFrames(2);
    try {
      for (const { index, before, failure, status } of frames.push(spoilt)) {
        assert.ok((index === 0 || index === 1) && before >= 0 && (failure === undefined ? Number.isInteger(status) : failure >= 0 && failure <= 4));
      }
    } catch (error) {
      assert.ok(error instanceof SyntaxError || /^(no frame of|a frame of)/.test(error.message), String(error));
    }
  }
});
