// Lists of entries: which, in which order, and how. node --test worker/list.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import "./testing/modules.mjs";
import { listText, parseList, reached, select } from "./list.mjs";

const { decodeQuery, parsePurge } = await import("./admin.mjs");

const all = { tags: [], keys: [], q: "", kind: "", sort: "bytes", desc: true, limit: 100, offset: 0 };

/** A core's entries, in an order that says nothing. */
function held(entries) {
  const order = entries.map((e, i) => [(i * 7919) % 10_007, e]).sort(([a], [b]) => a - b).map(([, e]) => e);
  let steps = 0;
  const read = (cursor, n) => {
    steps++;
    const from = Number(cursor);
    return { entries: order.slice(from, from + n).map((e) => ({ ...e })), next: from + n < order.length ? BigInt(from + n) : 0n };
  };
  return { read, steps: () => steps, gone: (key) => order.splice(order.findIndex((e) => e.key === key), 1) };
}

const entry = (key, more = {}) => ({
  key, kind: "fragment", state: "fresh", age: 1, left: 2, swr: 3, sie: 4, tags: [], bytes: 10, charged: 20, hits: 5, took: 6, from: "origin", reason: "", text: "", ...more,
});

const many = Array.from({ length: 5003 }, (_, i) => entry(`/f/${i}`, {
  bytes: (i * 31) % 997, hits: i % 7, age: i % 11 === 0 ? null : i % 60, took: i % 3 === 0 ? null : i, tags: [`t${i % 5}`, "all"], kind: ["fragment", "fragment", "page", "failure"][i % 4],
}));

/** What select should say, said simply. */
function simply(query, entries) {
  const { sort, desc } = query;
  const matching = entries.filter((e) => (query.kind === "" || e.kind === query.kind) && e.key.includes(query.q) && (query.tags.length === 0 || query.tags.some((t) => e.tags.includes(t))) && (query.keys.length === 0 || query.keys.includes(e.key)));
  const byKey = (a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || Buffer.compare(Buffer.from(a.kind), Buffer.from(b.kind));
  matching.sort((a, b) => {
    if (sort === "key") return desc && a.key !== b.key ? byKey(b, a) : byKey(a, b);
    if (a[sort] === b[sort]) return byKey(a, b);
    if (a[sort] === null || b[sort] === null) return a[sort] === null ? 1 : -1;
    return desc ? b[sort] - a[sort] : a[sort] - b[sort];
  });
  return { matched: matching.length, page: matching.slice(query.offset, query.offset + query.limit) };
}

test("a list has what was asked for, in its order, wherever it begins", async () => {
  for (const sort of ["key", "bytes", "hits", "age", "left", "took"]) {
    for (const desc of [false, true]) {
      for (const [offset, limit] of [[0, 1], [0, 100], [100, 100], [1990, 1000], [4990, 100], [5003, 10], [9999, 1000]]) {
        for (const part of [{}, { q: "/f/1" }, { tags: ["t1", "t3"] }, { kind: "failure" }, { keys: ["/f/7", "/f/9", "none"] }]) {
          const query = { ...all, ...part, sort, desc, offset, limit };
          const { page, matched } = simply(query, many);
          const found = await select(query, held(many).read, async () => {});
          assert.deepEqual(found.entries, page, JSON.stringify(query));
          assert.equal(found.matched, matched);
          assert.equal(found.total, many.length);
          assert.equal(found.next, offset + limit < matched ? offset + limit : null, JSON.stringify(query));
        }
      }
    }
  }
});

test("keys are in the order of their bytes", async () => {
  const keys = ["", "\0", "a", "a\n", "b", "ä", "\ud7ff", "\ue000", "\uffff", "😀", "😀a", "\u{10ffff}"];
  const found = await select({ ...all, sort: "key", desc: false }, held(keys.map((key) => entry(key)).reverse()).read, async () => {});
  assert.deepEqual(found.entries.map((e) => e.key), keys);
});

test("visitors are answered between steps", async () => {
  const core = held(many);
  let breaths = 0;
  await select({ ...all }, core.read, async () => { breaths++; });
  assert.equal(core.steps(), Math.ceil(many.length / 200));
  assert.equal(breaths, core.steps() - 1);
});

test("what goes while it is listed is not told of", async () => {
  const core = held(many);
  let steps = 0;
  const query = { ...all, sort: "key", desc: false, offset: 3000, limit: 3 };
  const { page } = simply(query, many);
  const found = await select(query, (...a) => {
    if (++steps === 27) core.gone(page[1].key); // the second time through has begun
    return core.read(...a);
  }, async () => {});
  assert.deepEqual(found.entries.map((e) => e.key), [page[0].key, page[2].key]);
});

test("a list is written as scripts expect it", () => {
  const text = listText({ total: 3, matched: 2, bytes: 20, next: null, entries: [entry("/a\n<\u2028\ud800\"", { tags: ["x"], age: null }), entry("/b", { kind: "failure", reason: "status", text: "503" })] });
  assert.equal(text, `{"reach":"isolate","total":3,"matched":2,"bytes":20,"next":null,"entries":[{"key":"/a\\n<\u2028\ufffd\\"","kind":"fragment","state":"fresh","age":null,"left":2,"swr":3,"sie":4,"tags":["x"],"bytes":10,"charged":20,"hits":5,"took":6,"from":"origin"},{"key":"/b","kind":"failure","state":"fresh","age":1,"left":2,"swr":3,"sie":4,"tags":[],"bytes":10,"charged":20,"hits":5,"took":6,"from":"origin","reason":"status","text":"503"}]}\n`);
});

test("queries, lists and previews are what they are natively", async () => {
  const cases = JSON.parse(readFileSync(new URL("../internal/admin/testdata/lists.json", import.meta.url), "utf8"));
  const entries = cases.Entries.map((e) => ({ reason: "", text: "", ...e }));
  for (const { Query, Answer } of cases.Lists) {
    const query = parseList(Query, decodeQuery);
    assert.equal(typeof query, "object", Query);
    assert.equal(listText(await select(query, held(entries).read, async () => {})), Answer, Query);
  }
  for (const { Query, Answer } of cases.Previews) {
    assert.equal(`${JSON.stringify(await reached(parsePurge(Query, false), held(entries).read, async () => {}))}\n`, Answer, Query);
  }
  for (const query of cases.NotUnderstood) assert.equal(parseList(query, decodeQuery), query);
});
