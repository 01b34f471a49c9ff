// What administration reads and says. node --test worker/admin.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./testing/modules.mjs";

const { notPurged, nothingPurged, parsePurge, purged, purgedWithin, route } = await import("./admin.mjs");

const cases = JSON.parse(readFileSync(new URL("../internal/admin/testdata/requests.json", import.meta.url), "utf8"));

/** An answer as the cases have it. */
const told = ({ status, fields, text }) => ({ Status: status, Fields: fields, Text: text });

test("requests are routed as they are natively", () => {
  for (const { Token, Method, Target, Authorization, Ask, Query = "", Answer } of cases.Routes) {
    const routed = route(Method, Target, Authorization, Token);
    if (Answer === undefined) assert.deepEqual(routed, { ask: Ask, query: Query }, Target);
    else assert.deepEqual(told(routed.refused), Answer, `${Method} ${Target} ${Authorization}`);
  }
});

test("what is to be purged is read as it is natively", () => {
  for (const { Query, Soft, Subjects, Answer } of cases.Purges) {
    const subjects = parsePurge(Query, Soft);
    if (Answer === undefined) assert.deepEqual(subjects, Subjects, Query);
    else assert.deepEqual(told(nothingPurged(Soft, subjects)), Answer, Query);
  }
});

test("what has become of a purge is said as it is natively", () => {
  for (const { Soft, Entries, WithinMs, Seq, Answer } of cases.Purged) {
    assert.deepEqual(told(WithinMs === 0 ? purged(Soft, Entries) : purgedWithin(Soft, Entries, WithinMs, Seq)), Answer);
  }
  for (const { Soft, Reason, Answer } of cases.Refused) assert.deepEqual(told(notPurged(Soft, Reason)), Answer, Reason);
});
