// What figures are told as. node --test worker/figures.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { figuresText } from "./figures.mjs";

test("figures are told byte for byte as they are natively", () => {
  const [names, json, prometheus] = readFileSync(new URL("../internal/engine/testdata/figures", import.meta.url), "utf8").split("--\n");
  const lines = names.trimEnd().split("\n");
  const values = lines.map((_, i) => BigInt(i) * BigInt(i) * 1_000_000_007n);
  values[1] = 2n ** 63n - 1n;
  values[2] = -1n;
  assert.equal(figuresText(lines, values, '["INLAY_KV is a text"]', false), json);
  assert.equal(figuresText(lines, values, "", true), prometheus);
  assert.ok(!figuresText(lines, values, "", false).includes("problems"));
});
