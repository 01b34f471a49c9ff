// Holds the glue to the table that internal/answer/redirect_test.go holds the engine's native driver to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { redirectTarget, visitorsLocation } from "./redirect.mjs";

const cases = JSON.parse(readFileSync(new URL("../internal/answer/testdata/redirects.json", import.meta.url), "utf8"));

test("a redirect is followed to the same scheme, host and port alone", () => {
  assert.ok(cases.length > 100);
  for (const { base, status, location, next } of cases) {
    assert.equal(redirectTarget(base, status, location), next, `${status} ${JSON.stringify(location)} from ${base}`);
  }
});

test("what the runtime makes of a followed URL is that URL", () => {
  for (const { next } of cases.filter((c) => c.next !== null)) {
    const url = new URL(next);
    assert.equal(url.host.replace(/:(80|443)$/, ""), next.split("/")[2].replace(/:(80|443)$/, ""));
    assert.equal(url.pathname + url.search, next.slice(next.indexOf("/", 8)));
  }
});

test("no Location is none", () => {
  assert.equal(redirectTarget("https://a.example/", 302, null), null);
  assert.equal(redirectTarget("https://a.example/", 302, undefined), null);
});

test("a redirect of a required fragment is the visitor's", () => {
  const cases = JSON.parse(readFileSync(new URL("../internal/answer/testdata/visitors.json", import.meta.url), "utf8"));
  assert.ok(cases.length > 40);
  for (const { prefix, base, status, location, leads } of cases) {
    assert.equal(visitorsLocation(prefix, base, status, location), leads, `${status} ${JSON.stringify(location)} from ${base}`);
  }
});
