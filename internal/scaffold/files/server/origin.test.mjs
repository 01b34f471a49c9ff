import assert from "node:assert/strict";
import { test } from "node:test";

import { fragment } from "./origin.mjs";

test("fragments", () => {
  for (const [path, cookie, status, html] of [
    ["/fragments/products", "", 200, '<a href="/products/teapot">Teapot</a>'],
    ["/fragments/title/teapot", "", 200, "<title>Teapot · Teahouse</title>"],
    ["/fragments/price/teapot", "", 200, "<p>42.00 EUR</p>"],
    ["/fragments/price/teapot", "currency=CHF", 200, "<p>39.48 CHF</p>"],
    ["/fragments/price/anchor", "", 404, ""],
    ["/nowhere", "", 404, ""],
  ]) {
    const [got, body] = fragment(path, cookie);
    assert.equal(got, status, path);
    assert.ok(body.includes(html), `${path}: ${body}`);
  }
});
