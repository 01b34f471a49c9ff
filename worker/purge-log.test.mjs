// The log of purges, on SQLite under Node. node --test worker/purge-log.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { PurgeLog, maxBytes, maxSubjectBytes, maxSubjects, maxSubjectsAtOnce } from "./purge-log.mjs";
import { Storage } from "./testing/beyond.mjs";

/** A log, as who asks it sees it; restart makes another object of the same storage. */
function open(storage = new Storage()) {
  let object = new PurgeLog({ storage });
  const ask = async (url, init) => {
    const response = await object.fetch(new Request(url, init));
    const text = await response.text();
    return response.status === 200 ? JSON.parse(text) : { status: response.status, text, allow: response.headers.get("allow") };
  };
  return {
    storage,
    restart: () => (object = new PurgeLog({ storage })),
    since: (log, since) => ask(`https://log/?log=${log}&since=${since}`),
    purge: (log, since, ...subjects) => ask("https://log/", { method: "POST", body: JSON.stringify({ log, since, subjects }) }),
    ask,
  };
}

test("a log begins with an identity, no purge and nothing to tell", async () => {
  const a = await open().since("", 0);
  assert.match(a.log, /^[0-9a-f]{32}$/);
  assert.deepEqual(a, { log: a.log, seq: 0, floor: 0, reset: true, marks: [] });
  assert.notEqual((await open().since("", 0)).log, a.log);
});

test("a purge is answered with what the caller has not seen, the newest first, and so is a poll", async () => {
  const log = open();
  const { log: id } = await log.since("", 0);
  assert.deepEqual(await log.purge(id, 0, "tag:a"), { log: id, seq: 1, floor: 0, reset: false, marks: [[1, "tag:a"]] });
  await log.purge(id, 1, "~tag:b", "key:/x\nde");
  assert.deepEqual((await log.purge(id, 1, "all")).marks, [[3, "all"], [2, "~tag:b"], [2, "key:/x\nde"]]);
  assert.deepEqual((await log.since(id, 2)).marks, [[3, "all"]]);
  assert.deepEqual(await log.since(id, 3), { log: id, seq: 3, floor: 0, reset: false, marks: [] });
  assert.deepEqual(await log.since("another", 3), { log: id, seq: 3, floor: 0, reset: true, marks: [[3, "all"], [2, "~tag:b"], [2, "key:/x\nde"], [1, "tag:a"]] });
});

test("who asks for all of it is told all of it, and noticed all the same", async (t) => {
  t.mock.method(console, "error", () => {});
  const log = open();
  const { log: id } = await log.purge("", 0, "tag:a");
  await log.purge(id, 1, "tag:b");
  const whole = (log_, since) => log.ask(`https://log/?log=${log_}&since=${since}&whole=1`);
  assert.deepEqual(await whole(id, 2), await log.since("", 0));
  assert.deepEqual((await whole(id, 2)).marks, [[2, "tag:b"], [1, "tag:a"]]);
  assert.notEqual((await whole(id, 3)).log, id);
});

test("a subject that is purged again moves, and stands once", async () => {
  const log = open();
  const { log: id } = await log.since("", 0);
  await log.purge(id, 0, "tag:a", "tag:a", "tag:b");
  await log.purge(id, 0, "tag:c");
  assert.deepEqual((await log.purge(id, 0, "tag:b")).marks, [[3, "tag:b"], [2, "tag:c"], [1, "tag:a"]]);
  assert.deepEqual((await log.purge(id, 0, "~tag:b")).marks.slice(0, 2), [[4, "~tag:b"], [3, "tag:b"]], "soft and hard are two subjects");
});

test("what a new object reads is what the old one said", async () => {
  const log = open();
  const { log: id } = await log.since("", 0);
  for (let i = 0; i < 50; i++) await log.purge(id, 0, `tag:${i % 7}`, `key:${i % 11}`, `~tag:${i % 3}`);
  const before = await log.since("", 0);
  log.restart();
  assert.deepEqual(await log.since("", 0), before);
});

test("a poll reads no row", async () => {
  const log = open();
  const { log: id } = await log.purge("", 0, "tag:a");
  const { statements } = log.storage;
  for (let i = 0; i < 10; i++) await log.since(id, i % 2);
  await log.since("", 0);
  assert.equal(log.storage.statements, statements);
});

test("past so many subjects the oldest go, and who has not seen them gets all", async () => {
  const log = open();
  const { log: id } = await log.since("", 0);
  for (let i = 0; i < maxSubjects; i += 512) await log.purge(id, i / 512, ...Array.from({ length: 512 }, (_, k) => `tag:${i + k}`));
  const full = await log.since("", 0);
  assert.deepEqual([full.marks.length, full.floor, full.seq], [maxSubjects, 0, 8]);
  const more = await log.purge(id, 8, "tag:new");
  assert.deepEqual([more.floor, more.reset, more.marks], [1, false, [[9, "tag:new"]]]);
  assert.equal((await log.since(id, 0)).reset, true);
  assert.equal((await log.since(id, 1)).reset, false, "who has seen number 1 has seen all of it");
  const all = await log.since("", 0);
  assert.equal(all.marks.length, maxSubjects);
  assert.ok(all.marks.every(([seq]) => seq >= all.floor));
  log.restart();
  assert.deepEqual(await log.since("", 0), all);
  // One that is there already takes no more room.
  assert.equal((await log.purge(id, 9, "tag:new")).floor, 1);
});

test("past so many bytes too, though one purge alone is more than that", async () => {
  const log = open();
  const { log: id } = await log.purge("", 0, "tag:first");
  const long = (i) => `key:${i}`.padEnd(maxSubjectBytes, "x");
  const a = await log.purge(id, 1, ...Array.from({ length: maxSubjectsAtOnce }, (_, i) => long(i)));
  assert.deepEqual([a.seq, a.floor, a.reset, a.marks.length], [2, 2, true, maxBytes / maxSubjectBytes], "all that was filled before it is refused");
  log.restart();
  assert.deepEqual(await log.since("", 0), { ...a, reset: true });
});

test("a log that was set back takes another identity, and tells all again", async (t) => {
  const errors = t.mock.method(console, "error", () => {});
  const log = open();
  const { log: id } = await log.purge("", 0, "tag:a");
  const back = await log.since(id, 5);
  assert.notEqual(back.log, id);
  assert.deepEqual(back, { log: back.log, seq: 1, floor: 0, reset: true, marks: [[1, "tag:a"]] });
  assert.equal(errors.mock.callCount(), 1);
  log.restart();
  assert.equal((await log.since(back.log, 1)).reset, false, "it stays that one");
  const purged = await log.purge(back.log, 9, "tag:b");
  assert.deepEqual([purged.reset, purged.seq, purged.log === back.log], [true, 2, false], "a purge notices it too");
});

test("a purge that cannot be written changes nothing", async () => {
  const log = open();
  const { log: id } = await log.purge("", 0, "tag:a");
  const exec = log.storage.sql.exec;
  log.storage.sql.exec = (text, ...values) => {
    if (text.startsWith("UPDATE state")) throw new Error("the disk is full");
    return exec(text, ...values);
  };
  await assert.rejects(log.purge(id, 1, "tag:b"), /disk is full/);
  log.storage.sql.exec = exec;
  const after = await log.since(id, 0);
  assert.deepEqual([after.seq, after.marks], [1, [[1, "tag:a"]]]);
  log.restart();
  assert.deepEqual(await log.since(id, 0), after);
});

test("what is no request of the protocol is refused, and changes nothing", async () => {
  const log = open();
  const post = (body) => log.ask("https://log/", { method: "POST", body });
  const purge = (more) => post(JSON.stringify({ log: "", since: 0, subjects: ["all"], ...more }));
  for (const [name, answer, status, text] of [
    ["no body", await post(""), 400, /not JSON/],
    ["half a body", await post('{"subjects":["al'), 400, /not JSON/],
    ["a list", await post("[]"), 400, /not a JSON object/],
    ["null", await post("null"), 400, /not a JSON object/],
    ["no subjects", await post("{}"), 400, /"subjects"/],
    ["none of them", await purge({ subjects: [] }), 400, /"subjects"/],
    ["a text for a list", await purge({ subjects: "all" }), 400, /"subjects"/],
    ["a number", await purge({ subjects: [1] }), 400, /^purge log: 1 is no subject/],
    ["null in the list", await purge({ subjects: [null] }), 400, /null is no subject/],
    ["another word", await purge({ subjects: ["tags:a"] }), 400, /"tags:a" is no subject/],
    ["more than all", await purge({ subjects: ["all:a"] }), 400, /no subject/],
    ["two marks", await purge({ subjects: ["~~all"] }), 400, /no subject/],
    ["no tag", await purge({ subjects: ["tag:"] }), 400, /no subject/],
    ["a NUL", await purge({ subjects: ["key:a\0b"] }), 400, /no subject/],
    ["a NUL that begins a tag", await purge({ subjects: ["tag:\0all"] }), 400, /no subject/],
    ["a NUL that begins a key", await purge({ subjects: ["~key:\0"] }), 400, /no subject/],
    ["half a character", await purge({ subjects: ["key:\ud800"] }), 400, /no subject/],
    ["too long a subject", await purge({ subjects: ["key:é" + "é".repeat(maxSubjectBytes / 2)] }), 400, /a subject of \d+ bytes/],
    ["too many", await purge({ subjects: Array(maxSubjectsAtOnce + 1).fill("all") }), 400, /1001 subjects/],
    ["a text for a number", await purge({ since: "1" }), 400, /"since"/],
    ["less than none", await purge({ since: -1 }), 400, /"since"/],
    ["a part of one", await purge({ since: 0.5 }), 400, /"since"/],
    ["no number", await log.since("", "x"), 400, /"since"/],
    ["another number", await log.since("", "1e99"), 400, /"since"/],
    ["a number for an identity", await purge({ log: 1 }), 400, /"log"/],
    ["too much", await post(" ".repeat((16 << 20) + 1)), 413, /a body of/],
    ["another path", await log.ask("https://log/x"), 404, /at \//],
    ["another method", await log.ask("https://log/", { method: "PUT", body: "x" }), 405, /GET and POST/],
  ]) {
    assert.equal(answer.status, status, name);
    assert.match(answer.text, text, name);
    if (status === 405) assert.equal(answer.allow, "GET, POST");
  }
  assert.equal((await log.since("", 0)).seq, 0);
});
