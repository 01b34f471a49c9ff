// Answers that are given again without an event: when they end. node --test worker/repeats.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { Repeats } from "./repeats.mjs";

/** Repeats, and a memory whose words are the numbers of what went into pages. */
function made() {
  const repeats = new Repeats();
  const view = new Uint8Array(256);
  const words = new Uint32Array(view.buffer);
  const add = (url, parts, until = 1000, head = {}) => {
    repeats.add(url, head, new Uint8Array(1), until, 64, Uint32Array.from(parts, (part) => 4 * part), view);
    return head;
  };
  return { repeats, view, words, add };
}

test("one ends with its time, or with a number of its own, and the others go on", () => {
  const { repeats, view, words, add } = made();
  add("a", [1, 2, 3]);
  add("b", [3, 4]);
  add("c", [5], 500);
  const there = (now, at = view) => ["a", "b", "c"].filter((url) => repeats.find(url, now, at) !== undefined).join("");
  assert.equal(there(499), "abc");
  assert.equal(there(500), "ab");
  words[4]++;
  assert.equal(there(500), "a");
  assert.equal(repeats.bytes, 402 + 3 * 4);
  words[7]++;
  const grown = new Uint8Array(512);
  grown.set(view);
  assert.equal(there(500, grown), "a", "the memory has grown, and the old view of it is detached");
  new Uint32Array(grown.buffer)[2]++;
  assert.equal(there(500, grown), "");
  assert.deepEqual([repeats.all.size, repeats.bytes], [0, 0]);
});

test("all of a head end with it, and all with everything", () => {
  const { repeats, view, add } = made();
  const head = add("a", [1]);
  add("a?b", [1], 1000, head);
  add("c", [1]);
  repeats.drop(head);
  repeats.drop({});
  assert.deepEqual([...repeats.all.keys()], ["c"]);
  repeats.end();
  assert.equal(repeats.find("c", 0, view), undefined);
  assert.equal(repeats.bytes, 0);
  add("c", [1]);
  add("c", [2], 2000);
  assert.equal(repeats.find("c", 1500, view).until, 2000, "another time may be said for the same");
  assert.equal(repeats.bytes, 402 + 4);
});

test("the engine is told which pages were repeated, and how often", () => {
  const { repeats, view, add } = made();
  for (const url of ["a", "b", "c"]) add(url, [1]);
  for (let i = 0; i < 5; i++) repeats.use(repeats.find("a", 0, view), i);
  repeats.use(repeats.find("c", 0, view), 7);
  assert.deepEqual([repeats.count, repeats.last], [6, 7]);
  assert.deepEqual(repeats.touched.map((one) => repeats.tell(one)), [5, 1]);
  repeats.told();
  assert.deepEqual([repeats.count, repeats.touched.length], [0, 0]);
  repeats.use(repeats.find("a", 0, view), 8);
  assert.deepEqual(repeats.touched.map((one) => repeats.tell(one)), [1]);
});
