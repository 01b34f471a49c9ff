// What figures are told as. node --test worker/figures.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { figuresCount, figuresText, prometheusText } from "./figures.mjs";

test("figures are told byte for byte as they are natively", () => {
  const [json, prometheus] = readFileSync(new URL("../internal/admin/testdata/figures", import.meta.url), "utf8").split("--\n");
  const values = Array.from({ length: figuresCount }, (_, i) => BigInt(i) * BigInt(i) * 1_000_000_007n);
  values[1] = 2n ** 63n - 1n;
  values[2] = -1n;
  assert.equal(figuresText(values, '["INLAY_KV is a text"]'), json);
  assert.equal(prometheusText(values), prometheus);
  assert.ok(!figuresText(values, "").includes("problems"));
});
