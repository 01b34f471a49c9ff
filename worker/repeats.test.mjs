// Answers that are given again without an event: when they end. node --test worker/repeats.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { Repeats } from "./repeats.mjs";

const visit = (url, fields) => ({ url, headers: new Headers(fields) });

/** As Front.reader. */
const reader = (name) => (name === ":country" ? ({ headers }) => (headers.get("x-country") ?? "").toUpperCase() : null);

/** Repeats, and a memory whose words are the numbers of what went into pages. */
function made() {
  const repeats = new Repeats();
  const view = new Uint8Array(256);
  const words = new Uint32Array(view.buffer);
  const add = (url, parts, until = 1000, head = {}, varies = [], fields = {}) => {
    repeats.add(visit(url, fields), head, new Uint8Array(1), until, 64, Uint32Array.from(parts, (part) => 4 * part), view, varies, reader);
    return head;
  };
  const find = (url, now, at = view, fields = {}) => repeats.find(visit(url, fields), now, at);
  return { repeats, view, words, add, find };
}

test("one ends with its time, or with a number of its own, and the others go on", () => {
  const { repeats, view, words, add, find } = made();
  add("a", [1, 2, 3]);
  add("b", [3, 4]);
  add("c", [5], 500);
  const there = (now, at = view) => ["a", "b", "c"].filter((url) => find(url, now, at) !== undefined).join("");
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
  const { repeats, add, find } = made();
  const head = add("a", [1]);
  add("a?b", [1], 1000, head);
  add("c", [1]);
  repeats.drop(head);
  repeats.drop({});
  assert.deepEqual([...repeats.all.keys()], ["c"]);
  repeats.end();
  assert.equal(find("c", 0), undefined);
  assert.equal(repeats.bytes, 0);
  add("c", [1]);
  add("c", [2], 2000);
  assert.equal(find("c", 1500).until, 2000, "another time may be said for the same");
  assert.equal(repeats.bytes, 402 + 4);
});

test("the engine is told which pages were repeated, and how often", () => {
  const { repeats, add, find } = made();
  for (const url of ["a", "b", "c"]) add(url, [1]);
  for (let i = 0; i < 5; i++) repeats.use(find("a", 0), i);
  repeats.use(find("c", 0), 7);
  assert.deepEqual([repeats.count, repeats.last], [6, 7]);
  assert.deepEqual(repeats.touched.map((one) => repeats.tell(one)), [5, 1]);
  repeats.told();
  assert.deepEqual([repeats.count, repeats.touched.length], [0, 0]);
  repeats.use(find("a", 0), 8);
  assert.deepEqual(repeats.touched.map((one) => repeats.tell(one)), [1]);
});

test("a page that varies is repeated to those who have the same, and to nobody else", () => {
  const { repeats, add, find, words } = made();
  const varies = ["accept-language", ":country", "", "currency", "theme"];
  const who = (fields) => find("a", 0, undefined, fields)?.head.of;
  add("a", [1], 1000, { of: "none" }, varies);
  add("a", [1], 1000, { of: "EUR" }, varies, { cookie: "session=1; currency=EUR" });
  add("a", [2], 1000, { of: "empty" }, varies, { cookie: "currency=" });
  add("a", [1], 1000, { of: "de" }, varies, { "accept-language": "de", "x-country": "at", cookie: "theme=dark;currency=CHF" });
  assert.equal(who({}), "none");
  assert.equal(who({ cookie: "session=2" }), "none");
  assert.equal(who({ cookie: "currency=EUR" }), "EUR");
  assert.equal(who({ cookie: " currency = EUR ;session=7; currency=CHF" }), "EUR", "the first counts");
  assert.equal(who({ cookie: "currency=" }), "empty");
  assert.equal(who({ cookie: "currency" }), "none", "a pair without = is no cookie");
  assert.equal(who({ cookie: "Currency=EUR" }), "none", "nor is one of another name");
  assert.equal(who({ cookie: "currency=CHF; theme=dark", "accept-language": "de", "x-country": "AT" }), "de");
  for (const fields of [
    { cookie: "currency=CHF" }, { cookie: "theme=EUR" }, { cookie: "currency=EUR; theme=" }, { "accept-language": "de" }, { "x-country": "at" },
    { cookie: "currency=CHF; theme=dark", "accept-language": "de, en", "x-country": "AT" },
    // What not all read alike is for the engine.
    { cookie: "currency=EUR, currency=CHF" }, { cookie: "session=\u00e9; currency=EUR" }, { cookie: "currency=EUR;\ttheme=x" }, { cookie: "a=b, c=d" },
  ]) assert.equal(who(fields), undefined, JSON.stringify(fields));
  words[2]++;
  assert.equal(who({ cookie: "currency=" }), undefined, "each ends by itself");
  assert.equal(who({ cookie: "currency=EUR" }), "EUR");
  add("a", [1], 1000, { of: "odd" }, varies, { cookie: "currency=EUR, x=y" });
  assert.deepEqual([who({}), who({ cookie: "currency=EUR, x=y" })], ["none", undefined]);
});

test("what a URL's page varies on may be found out later, and end", () => {
  const { repeats, add, find } = made();
  const who = (cookie) => find("a", 0, undefined, { cookie })?.head.of;
  add("a", [1], 1000, { of: "all" });
  assert.equal(who("c=1"), "all");
  add("a", [1], 1000, { of: "1" }, ["", "c"], { cookie: "c=1" });
  assert.deepEqual([who("c=1"), who("c=2"), repeats.order.size], ["1", undefined, 1]);
  add("a", [1], 1000, { of: "12" }, ["", "c", "d"], { cookie: "c=1; d=2" });
  assert.deepEqual([who("c=1"), who("c=1; d=2"), repeats.order.size], [undefined, "12", 1]);
  add("a", [1], 1000, { of: "all" });
  assert.deepEqual([who("c=1"), repeats.order.size], ["all", 1]);
  add("a", [1], 1000, { of: "x" }, ["", "c"], { cookie: "c=\u00e9" });
  assert.deepEqual([who("c=1"), repeats.order.size, repeats.all.size, repeats.bytes], [undefined, 0, 0, 0], "for all it is not any more");
});

test("a URL has at most 64, and all of them have their bytes", () => {
  const { repeats, add, find } = made();
  const heads = Array.from({ length: 100 }, (_, i) => add("a", [1], 1000, {}, ["", "c"], { cookie: `c=${i}` }));
  add("b", [1]);
  assert.deepEqual([repeats.order.size, find("a", 0, undefined, { cookie: "c=35" }), find("a", 0, undefined, { cookie: "c=36" }).head], [65, undefined, heads[36]]);
  let bytes = 0;
  for (const { values } of repeats.order) bytes += 402 + 4 + 2 * (values?.length ?? 0);
  assert.equal(repeats.bytes, bytes);
  repeats.drop(heads[50]);
  assert.equal(repeats.order.size, 64);
  assert.equal(repeats.all.get("a").by.size, 63);
  // Very long values, many URLs: the bound is of bytes, and those that are used stay longer.
  const used = "c=used";
  add("u", [1], 1000, { of: "u" }, ["", "c"], { cookie: used });
  for (let i = 0; i < 300; i++) {
    repeats.use(find("u", 0, undefined, { cookie: used }), 0);
    for (let k = 0; k < 10; k++) add(`v${i}`, [1], 1000, {}, ["", "c"], { cookie: `c=${"x".repeat(5000)}${k}` });
    assert.ok(repeats.bytes <= 2 << 20);
  }
  let sum = 0;
  for (const { url, values } of repeats.order) sum += 400 + 2 * url.length + 4 + 2 * (values?.length ?? 0);
  assert.equal(repeats.bytes, sum);
  for (const [url, { sources, by }] of repeats.all) assert.ok(sources === null || by.size > 0, url);
  repeats.end();
  assert.deepEqual([repeats.bytes, repeats.order.size, repeats.all.size], [0, 0, 0]);
});
