// Holds the glue to the tables that inlay/internal/forwarded is held to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { cookie, parseOrigin, reference, refresh } from "./back.mjs";

/** @param {string} name */
const cases = (name) => JSON.parse(readFileSync(new URL(`../internal/forwarded/testdata/${name}`, import.meta.url), "utf8"));

test("what names the origin leads to the site", () => {
  const references = cases("references.json");
  assert.ok(references.length > 80);
  for (const { origin, site, ref, want } of references) assert.equal(reference(parseOrigin(origin), ref, site), want, `${ref} of ${origin}`);
  for (const { origin, site, value, want } of cases("refreshes.json")) assert.equal(refresh(parseOrigin(origin), value, site), want, `${value} of ${origin}`);
  for (const { origin, site, line, want } of cases("cookies.json")) assert.equal(cookie(parseOrigin(origin), line, site), want, `${line} of ${origin} for ${site}`);
});

test("as a browser reads it", () => {
  for (const { origin, site, ref, want } of cases("references.json").filter((c) => c.want !== c.ref)) {
    assert.equal(new URL(want, `${site}/x/y`).origin, site, `${ref} of ${origin}`);
  }
});
