// Holds the glue to the table that inlay/internal/trace is held to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { passed } from "./trace.mjs";

test("what is of the form goes on", () => {
  const all = JSON.parse(readFileSync(new URL("../internal/trace/testdata/passed.json", import.meta.url), "utf8"));
  assert.ok(all.length > 50);
  for (const { about, parent, state, wantParent, wantState } of all) {
    const want = [["traceparent", wantParent], ["tracestate", wantState]].filter(([, value]) => value !== "");
    assert.deepEqual(passed(parent, state), want, about);
  }
});
