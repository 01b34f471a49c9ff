// What a Worker believes of how a visitor came, and how the engine asks for it.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./testing/modules.mjs";

const { Front } = await import("./front.mjs");

/** @param {Record<string, string>} headers @param {string} [url] @param {unknown} [cf] */
const request = (headers, url = "http://shop.example/p", cf = undefined) => /** @type {any} */ ({ headers: new Headers(headers), url, cf });

/** @param {Record<string, unknown>} env @param {string} name @param {any} request */
function read(env, name, request) {
  const reader = new Front(env).reader(name);
  return reader === null ? (request.headers.get(name) ?? "") : reader(request);
}

const claims = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-forwarded-for": "1.1.1.1", forwarded: "host=evil.example;proto=https" };

test("the platform is believed, and nobody else", () => {
  for (const env of [{}, { INLAY_TRUSTED_PROXIES: "none" }, { INLAY_TRUSTED_PROXIES: "10.0.0.0/8" }, { INLAY_TRUSTED_PROXIES: 7 }]) {
    const visitor = request({ host: "Shop.Example:80", "cf-connecting-ip": "203.0.113.7", ...claims });
    assert.equal(read(env, "host", visitor), "Shop.Example:80");
    assert.equal(read(env, ":authority", visitor), "shop.example");
    assert.equal(read(env, ":scheme", visitor), "http");
    assert.equal(read(env, ":scheme", request({ host: "a", ...claims }, "https://a/")), "https");
    assert.equal(read(env, ":authority", request({ host: "a:443", ...claims }, "https://a:443/")), "a");
    assert.equal(read(env, ":scheme", request({ host: "a", "cf-visitor": '{"scheme":"https"}' })), "https");
    assert.equal(read(env, ":scheme", request({ host: "a", "cf-visitor": '{"scheme":"javascript"}' })), "http");
    assert.equal(read(env, ":authority", request({})), "");
    assert.equal(read(env, "accept-language", request({ "accept-language": "de" })), "de");
  }
});

test("a proxy that is trusted is believed", () => {
  for (const env of [{ INLAY_TRUSTED_PROXIES: "all" }, { INLAY_TRUSTED_PROXIES: " 10.0.0.0/8, 203.0.113.7 " }]) {
    const visitor = request({ host: "inlay", "cf-connecting-ip": "203.0.113.7", ...claims });
    assert.equal(read(env, "host", visitor), "evil.example");
    assert.equal(read(env, ":authority", visitor), "evil.example");
    assert.equal(read(env, ":scheme", visitor), "https");
  }
});

test("the country is the platform's", () => {
  assert.equal(read({}, ":country", request({}, "http://a/", { country: "DE" })), "DE");
  assert.equal(read({}, ":country", request({ "cf-ipcountry": "fr" }, "http://a/", { country: "DE" })), "DE");
  assert.equal(read({}, ":country", request({ "cf-ipcountry": "fr" })), "FR");
  assert.equal(read({}, ":country", request({ "cf-ipcountry": "T1" })), "T1");
  for (const value of ["", "XX", "xx", "D", "DEU", "D\u00c4", "1D", "--"]) assert.equal(read({}, ":country", request({}, "http://a/", { country: value })), "", value);
  assert.equal(read({}, ":country", request({})), "");
  const field = request({ "x-country": "AT", "cf-connecting-ip": "203.0.113.7" }, "http://a/", { country: "DE" });
  assert.equal(read({ INLAY_COUNTRY_FIELD: "X-Country" }, ":country", field), "DE");
  assert.equal(read({ INLAY_COUNTRY_FIELD: "X-Country", INLAY_TRUSTED_PROXIES: "203.0.113.7" }, ":country", field), "AT");
});

test("what is told in fields is never said again to others", () => {
  const trusting = new Front({ INLAY_TRUSTED_PROXIES: "all" });
  for (const name of Object.keys(claims)) {
    assert.equal(trusting.isPlain(request({ [name]: "x" })), false, name);
    assert.equal(new Front({}).isPlain(request({ [name]: "x" })), true, name);
  }
  assert.equal(trusting.isPlain(request({ host: "a" })), true);
  assert.equal(new Front({}).isPlain(request({ "cf-visitor": '{"scheme":"https"}' })), false);
  assert.equal(new Front({}).isPlain(request({ "cf-visitor": '{"scheme":"https"}' }, "https://a/")), true);
});

test("a list that is none is told", () => {
  assert.throws(() => new Front({ INLAY_TRUSTED_PROXIES: "10.0.0.0/8, privat" }), (text) => /^INLAY_TRUSTED_PROXIES: "privat": expected addresses such as /.test(String(text)));
});
