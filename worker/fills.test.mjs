// How fills are asked for, with the origin in this process. node --test worker/fills.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";

const { runFills } = await import("./fills.mjs");
const { Failure } = await import("./core.mjs");

/** Runs fills as a request that leads them; gives their ends once there is nothing left to wait for. */
async function run(fills, env = {}, origin = "") {
  const ends = new Map();
  const core = {
    settings: { origin },
    led: new Map(),
    lead() {},
    fillEnd: (fill, answer) => ends.set(fill.id, { status: answer.status, text: new TextDecoder().decode(answer.body) }),
    fillFail: (fill, failure, text) => ends.set(fill.id, { failure, text }),
  };
  let work;
  runFills({ core, env, ctx: { waitUntil: (promise) => { work = promise; } } }, fills);
  await work;
  return ends;
}

const fill = (id, more) => ({ id, src: `/f/${id}`, url: `http://origin.test/f/${id}`, binding: "", fields: [], timeout: 5000, maxBytes: 1000, ...more });

test("at most six fills of a request wait for headers at once", async (t) => {
  let open = 0;
  let most = 0;
  t.mock.method(globalThis, "fetch", async (request) => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 5));
    open--;
    return new Response(new URL(request.url).pathname);
  });
  const ends = await run(Array.from({ length: 40 }, (_, id) => fill(id)));
  assert.equal(most, 6);
  for (let id = 0; id < 40; id++) assert.deepEqual(ends.get(id), { status: 200, text: `/f/${id}` });
});

test("a service binding is asked by its name, and one that is missing is named", async (t) => {
  const warned = t.mock.method(console, "warn", () => {});
  const asked = [];
  const SHOP = { fetch: async (request) => (asked.push(request.url), new Response("from the shop")) };
  const ends = await run([
    fill(1, { src: "binding:SHOP/price", url: "http://binding.inlay.internal/price", binding: "SHOP" }),
    fill(2, { src: "binding:NONE/price", url: "http://binding.inlay.internal/price", binding: "NONE" }),
  ], { SHOP });
  assert.deepEqual(asked, ["http://binding.inlay.internal/price"]);
  assert.deepEqual(ends.get(1), { status: 200, text: "from the shop" });
  assert.equal(ends.get(2).failure, Failure.connect);
  assert.match(ends.get(2).text, /there is no service binding NONE: name it in wrangler.toml/);
  assert.equal(warned.mock.callCount(), 1);
});

test("declared fields reach the origin, and no others but what marks a fill", async (t) => {
  let seen;
  t.mock.method(globalThis, "fetch", async (request) => {
    seen = Object.fromEntries(request.headers);
    return new Response("");
  });
  await run([fill(1, { fields: [["cookie", "a=b"], ["accept-language", "de"]] })]);
  assert.deepEqual(seen, { "accept-encoding": "identity", "accept-language": "de", cookie: "a=b", "inlay-fill": "1" });
});

test("a batch that fails does not end the waiting for the other fills", async (t) => {
  t.mock.method(console, "warn", () => {});
  t.mock.method(console, "error", () => {});
  globalThis.testApp = async () => { throw new Error("app.wasm has ended"); };
  t.mock.method(globalThis, "fetch", async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return new Response("late");
  });
  const ends = await run([fill(1, { url: "" }), fill(2)]);
  assert.equal(ends.get(1).failure, Failure.connect);
  assert.match(ends.get(1).text, /^app.wasm has ended/);
  assert.deepEqual(ends.get(2), { status: 200, text: "late" });
});
