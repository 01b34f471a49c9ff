// What is said in the log. node --test worker/say.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";

import { aboutFill, isLogFormat, lastWords, line, logAs, nameOf, namedAs } from "./say.mjs";

const hostile = "a\nb\r\nc\u0000\u001b[31m\u007f\u0085\u2028\u2029\u061c\u200f\u202e\u2066 \"q\" \\ = é 😀 \ud800";

test("a text has what it is about behind it", () => {
  logAs({});
  assert.equal(line("WARN", "fill failed: /a: no", { request: "8f0-FRA", page: "/p/{id}", slot: "price", key: "/a", reason: "timeout" }),
    "inlay: fill failed: /a: no request=8f0-FRA page=/p/{id} slot=price key=/a reason=timeout");
  assert.equal(line("WARN", "x", { request: "", page: undefined, slot: "a b", key: "/a\ncookie: ..." }), 'inlay: x slot="a b" key="/a\\ncookie: ..."');
  assert.equal(line("WARN", "x", { slot: 'a"b', key: "a=b" }), 'inlay: x slot="a\\"b" key="a=b"');
});

test("an object is one line, with the level", () => {
  logAs({ INLAY_LOG_FORMAT: " JSON " });
  assert.deepEqual(JSON.parse(line("ERROR", "x", { request: "1", slot: "", key: "/a\nb" })), { level: "ERROR", msg: "inlay: x", request: "1", key: "/a\nb" });
});

test("what a Go program said at its end has lines of its own, or is in the object", () => {
  const [text, trace] = lastWords("app.wasm has ended: panic: oh\n\ngoroutine 1 [running]:\n\t/a.go:1");
  logAs({});
  assert.equal(line("ERROR", text, { request: "1" }, trace), "inlay: app.wasm has ended: panic: oh request=1\n\ngoroutine 1 [running]:\n\t/a.go:1");
  logAs({ INLAY_LOG: "json" });
  assert.deepEqual(JSON.parse(line("ERROR", text, {}, trace)), { level: "ERROR", msg: "inlay: app.wasm has ended: panic: oh", trace: "\ngoroutine 1 [running]:\n\t/a.go:1" });
  assert.deepEqual(lastWords("no more"), ["no more", ""]);
});

test("nothing in a text or a key splits a line, in either form", () => {
  for (const env of [{ INLAY_LOG_FORMAT: "text" }, { INLAY_LOG_FORMAT: "json" }]) {
    logAs(env);
    for (const about of [{}, { key: hostile, slot: hostile, request: hostile, reason: hostile, page: hostile }]) {
      const said = line("WARN", hostile, about);
      assert.ok(!/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/.test(said), said);
      assert.ok(said.startsWith(env.INLAY_LOG_FORMAT === "json" ? '{"level":"WARN","msg":"inlay: a\\nb' : "inlay: a\\nb"), said);
    }
    if (env.INLAY_LOG_FORMAT === "json") assert.equal(JSON.parse(line("WARN", "x", { key: hostile })).key, hostile);
  }
});

test("the variables say the form; INLAY_LOG where it is a text", () => {
  for (const [env, json] of [
    [{}, false], [{ INLAY_LOG: "json" }, true], [{ INLAY_LOG: "text" }, false], [{ INLAY_LOG: { idFromName() {} } }, false],
    [{ INLAY_LOG: "json", INLAY_LOG_FORMAT: "text" }, false], [{ INLAY_LOG: { get() {} }, INLAY_LOG_FORMAT: "json" }, true],
    [{ INLAY_LOG: "json", INLAY_LOG_FORMAT: "" }, true],
  ]) {
    logAs(env);
    assert.equal(line("WARN", "x", {}).startsWith("{"), json, JSON.stringify(env));
  }
  assert.deepEqual(["json", "TEXT ", "PurgeLog", "", null, {}].map(isLogFormat), [true, true, false, false, false, false]);
});

test("a request is called as the platform calls it, or by a name of its own that stays", () => {
  const of = (ray) => new Request("https://x.test/", { headers: ray === undefined ? {} : { "cf-ray": ray } });
  assert.equal(nameOf(of("230b030023ae2822-SJC")), "230b030023ae2822-SJC");
  for (const ray of [undefined, "", "a b", "x".repeat(65), "a=b", 'a"b']) {
    const request = of(ray);
    assert.match(nameOf(request), /^[0-9a-f]{16}$/);
    assert.equal(nameOf(request), nameOf(request));
    assert.notEqual(nameOf(request), nameOf(of(ray)));
    assert.equal(nameOf(namedAs(new Request(request), request)), nameOf(request));
  }
});

test("of a key's secrets there are the names", () => {
  const fill = {
    request: "1", src: "/a?b=1", slot: "s", pagePattern: "",
    fields: [["authorization", "Bearer x"], ["cookie", "session=hidden"], ["x-shop", "7"], ["if-none-match", '"e"'], ["if-modified-since", "then"]],
  };
  assert.deepEqual(aboutFill(fill, "timeout"), { request: "1", page: "", slot: "s", key: "/a?b=1\nauthorization: ...\ncookie: ...\nx-shop: 7", reason: "timeout" });
});
