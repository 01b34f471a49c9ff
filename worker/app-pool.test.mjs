// Places for batches and instances that are kept, without a runtime: node --test worker/app-pool.test.mjs

import assert from "node:assert/strict";
import test from "node:test";
import { Kept, Places } from "./app-pool.mjs";

const never = new Promise(() => {});

/** Whether a promise has settled, once all that is due has happened. @param {Promise<unknown>} promise */
async function settled(promise) {
  let is = false;
  promise.then(() => (is = true), () => (is = true));
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return is;
}

test("who was first is first, and no more are in than there are places", async () => {
  const places = new Places();
  const [a, b] = await Promise.all([places.enter(2, never), places.enter(2, never)]);
  const order = [];
  const waiting = [1, 2, 3].map((n) => places.enter(2, never).then((place) => (order.push(n), place)));
  assert.equal(await settled(Promise.race(waiting)), false);
  assert.equal(places.held.size, 2);
  places.leave(a);
  const first = await waiting[0];
  assert.deepEqual(order, [1]);
  places.leave(a); // again: it is nobody's any more
  assert.equal(await settled(waiting[1]), false);
  places.leave(b);
  places.leave(first);
  await Promise.all(waiting);
  assert.deepEqual(order, [1, 2, 3]);
  assert.equal(places.held.size, 2);
});

test("one who comes while others wait goes behind them", async () => {
  const places = new Places();
  const a = await places.enter(1, never);
  const waits = places.enter(1, never);
  places.leave(a);
  const late = places.enter(1, never);
  const place = await waits;
  assert.equal(await settled(late), false);
  places.leave(place);
  assert.notEqual(await late, null);
});

test("for whom nobody waits any more leaves the line, with or without a place", async () => {
  const places = new Places();
  const a = await places.enter(1, never);
  let give = () => {};
  const gone = places.enter(1, new Promise((resolve) => (give = () => resolve(undefined))));
  const next = places.enter(1, never);
  give();
  assert.equal(await gone, null);
  assert.equal(places.line.length, 1);
  places.leave(a);
  const b = await next;
  const both = places.enter(1, new Promise((resolve) => (give = () => resolve(undefined))));
  const last = places.enter(1, never);
  give(); // and in the same turn its place comes
  places.leave(b);
  const got = await both;
  if (got !== null) places.leave(got);
  assert.notEqual(await last, null);
  assert.equal(places.held.size, 1);
});

test("a place whose batch has lost its context is given to another", async () => {
  let now = 1000;
  const places = new Places(() => now);
  await places.enter(1, never); // never left
  now += 29_000;
  const waits = places.enter(1, never);
  assert.equal(await settled(waits), false);
  now += 2_000;
  assert.notEqual(await places.enter(2, never), null, "who comes finds it");
  assert.notEqual(await waits, null);
  assert.equal(places.held.size, 2);
});

test("a place that nobody comes for is given to the next", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let now = 1000;
  const places = new Places(() => now);
  const a = await places.enter(1, never);
  places.line.push({ most: 1, give: () => {} }); // of a context that is gone
  const waits = places.enter(1, never);
  places.leave(a);
  assert.equal(await settled(waits), false);
  now += 2_500;
  t.mock.timers.tick(1000); // its own timer
  assert.notEqual(await waits, null);
});

/** @param {object} env @param {number} [memory] in MiB */
function app(env, memory = 8, more = {}) {
  return /** @type {any} */ ({
    context: { env }, over: false, batches: 1, resting: false, ended: "",
    memory: () => memory << 20, values: () => 100, rest() { this.resting = true; }, end(why) { this.over = true; this.ended = why; }, ...more,
  });
}

test("the last that was used is used again, of those with the same variables", () => {
  const kept = new Kept();
  const [env, other] = [{}, {}];
  const [a, b, c] = [app(env), app(env), app(other)];
  for (const one of [a, b, c]) kept.give(one, 8);
  assert.ok(a.resting && b.resting && c.resting);
  assert.equal(kept.take(env), b);
  b.over = true;
  a.over = true;
  assert.equal(kept.take(env), null, "one that has ended is nobody's");
  assert.equal(kept.take(other), c);
  assert.equal(kept.take(other), null);
});

test("no more are kept than may be, nor more bytes, nor what is worn", () => {
  const env = {};
  const kept = new Kept();
  const all = [1, 2, 3].map(() => app(env));
  for (const one of all) kept.give(one, 2);
  assert.deepEqual(all.map((one) => one.over), [true, false, false]);
  const large = [30, 30, 30].map((memory) => app(env, memory));
  for (const one of large) kept.give(one, 8);
  assert.deepEqual([...all, ...large].map((one) => one.over), [true, true, true, true, false, false], "64 MiB together");
  for (const worn of [app(env, 33), app(env, 8, { batches: 1000 }), app(env, 8, { values: () => 10_001 })]) {
    kept.give(worn, 8);
    assert.equal(worn.ended, "it is worn");
    assert.equal(kept.idle.length, 2);
  }
  kept.shrink(0);
  assert.equal(kept.idle.length, 0);
});
