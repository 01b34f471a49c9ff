// Holds the glue to the tables that inlay/internal/forwarded is held to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { authority, cameBy, fieldsOf, parseTrust, vouches } from "./forwarded.mjs";

/** @param {string} name */
const cases = (name) => JSON.parse(readFileSync(new URL(`../internal/forwarded/testdata/${name}`, import.meta.url), "utf8"));

test("what is believed of a visitor", () => {
  const all = cases("came.json");
  assert.ok(all.length > 70);
  for (const { about, trust, peer, scheme, host, fields, want } of all) {
    const came = cameBy(parseTrust(trust), { peer, scheme, host, field: (name) => fields[name] ?? "" });
    assert.deepEqual(Object.fromEntries(fieldsOf(came, authority(came))), want, about);
  }
});

test("trusted proxies are read", () => {
  for (const { members, wrong } of cases("proxies.json")) {
    let found;
    try {
      parseTrust(members.join(", "));
    } catch (error) {
      found = error;
    }
    assert.equal(found, wrong, members.join(" "));
  }
});

test("addresses are written as RFC 5952 has it", () => {
  const trust = parseTrust("all");
  for (const [address, want] of Object.entries({
    "1:0:0:2:0:0:0:3": "1:0:0:2::3", "1:0:0:2:3:0:0:4": "1::2:3:0:0:4", "0:0:0:0:0:0:0:0": "::", "0:0:0:0:0:0:0:1": "::1", "1:0:0:0:0:0:0:0": "1::",
    "1:0:2:0:3:0:4:0": "1:0:2:0:3:0:4:0", "10:0:0:10:100:0:0:1": "10::10:100:0:0:1", "::FFFF:1.2.3.4": "1.2.3.4", "::1.2.3.4": "::102:304",
    "0:0:1::": "0:0:1::", "1:2:3:4:5:6:7:8": "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::": "1:2:3:4:5:6:7:0", "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
  })) {
    const came = cameBy(trust, { peer: address, scheme: "http", host: "", field: () => "" });
    assert.equal(came.peer, want, address);
  }
});

test("fields that vouch", () => {
  const came = { trusted: false, scheme: "http", host: "", visitor: "203.0.113.7", peer: "", chain: [], elements: "" };
  for (const { name, value, more = "", untrusted, trusted } of cases("vouching.json")) {
    assert.equal(vouches(came, name, value, more), untrusted, `${name}: ${value}, untrusted`);
    assert.equal(vouches({ ...came, trusted: true }, name, value, more), trusted, `${name}: ${value}, trusted`);
  }
});

test("whatever is sent, it is read in a time that grows with its length", () => {
  const trust = parseTrust("all");
  for (const text of ["for=a;".repeat(4000), "for=\"".repeat(4000), 'for="\\'.repeat(4000), ",".repeat(20000), " ,".repeat(10000), "\t".repeat(20000) + "x", "a".repeat(20000),
    "[".repeat(20000), ":".repeat(20000), "::1%".repeat(5000), "1:".repeat(10000)]) {
    const begun = performance.now();
    for (const name of ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"]) {
      cameBy(trust, { peer: "", scheme: "http", host: "", field: (n) => (n === name ? text : "") });
    }
    assert.ok(performance.now() - begun < 1000, text.slice(0, 20));
  }
});
