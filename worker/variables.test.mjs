// The built variables.wasm under Node. node --test worker/variables.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";

const { readVariables } = await import("./variables.mjs");
const { ConfigError, Core } = await import("./core.mjs");

/** What is read of variables, as texts; it must be good. */
function read(variables) {
  const said = readVariables(Object.entries(variables));
  assert.equal("problem" in said ? said.problem : "", "");
  assert.ok(said.read.endsWith("\0"));
  return said.read.split("\0").slice(0, -1);
}

/** What is wrong with variables. */
function problem(variables) {
  const said = readVariables(Object.entries(variables));
  assert.ok("problem" in said, JSON.stringify(said));
  return said.problem;
}

/** A secret that is as long as one has to be. */
const secret = (text) => text.padEnd(64, "0123456789");

test("without variables there are the defaults, and an empty one of a text is none", () => {
  const defaults = read({});
  assert.ok(defaults.includes(String(48 << 20)), "INLAY_MAX_BYTES");
  assert.deepEqual(read({ INLAY_ORIGIN: "" }), defaults);
  assert.deepEqual(read({ INLAY_NONE_OF_OURS: "x" }), defaults);
});

test("what they say is there", () => {
  const texts = read({ INLAY_ORIGIN: "https://origin.example", INLAY_MAX_BYTES: "2MiB", INLAY_TTL: "90s", INLAY_SHELLS: "/ /p/{id}", INLAY_DEV: "1" });
  for (const one of ["https://origin.example", String(2 << 20), String(90e9), "/", "/p/{id}", "1"]) assert.ok(texts.includes(one), one);
  assert.notDeepEqual(texts, read({}));
});

test("all that is wrong is told at once, by name", () => {
  const text = problem({ INLAY_TTL: "soon", INLAY_MAX_BYTES: "much", INLAY_SHELLS: "products", INLAY_SWR: "1m" });
  for (const name of ["INLAY_TTL", "INLAY_MAX_BYTES", "INLAY_SHELLS"]) assert.match(text, new RegExp(name));
  assert.doesNotMatch(text, /INLAY_SWR/);
  assert.match(text, /"soon"/);
});

test("a secret with odd bytes comes through, or is refused without being told", () => {
  const odd = secret("ä€😀\u0001\u007f\ufeff%\\\"'");
  for (const name of ["INLAY_TOKEN", "INLAY_FILLS_SECRET"]) {
    for (const value of [odd, secret("\ud800"), secret("a\0b"), secret(" \t"), "short\0"]) {
      const said = readVariables([[name, value]]);
      if ("problem" in said) {
        assert.match(said.problem, new RegExp(name));
        assert.ok(!said.problem.includes(value) && !said.problem.includes(value.slice(0, 3)), said.problem);
      } else {
        assert.ok([...said.read.split("\0"), ...said.settings].includes(new TextDecoder().decode(new TextEncoder().encode(value)).replaceAll("\0", " ").trim()), value);
      }
      assert.equal(said.read?.split("\0").length ?? read({}).length + 1, read({}).length + 1, "no byte of it begins another text");
    }
  }
  assert.ok(!read({ INLAY_TOKEN: secret("plain") }).includes(secret("plain")), "which the core has no use for");
  assert.ok(readVariables([["INLAY_TOKEN", secret("plain")]]).settings.includes(secret("plain")));
});

test("many, and long ones, are read, each time by an instance of its own", () => {
  const hosts = Array.from({ length: 500 }, (_, i) => `shop-${i}.example`);
  const all = { INLAY_HOSTS: hosts.join(" "), INLAY_FILL_FIELDS: `X-Long: ${"x".repeat(4000)}` };
  for (let i = 0; i < 2000; i++) all[`INLAY_OTHER_${i}`] = "y".repeat(100);
  const texts = read(all);
  for (const host of hosts) assert.ok(texts.includes(host), host);
  assert.ok(texts.includes("x".repeat(4000)));
  assert.deepEqual(read(all), texts);
  assert.ok(!read({}).includes(hosts[0]), "nothing is left of them");
});

test("a core has what they say, and each core that follows it too", () => {
  const env = { INLAY_ORIGIN: "https://origin.example", INLAY_TOKEN: secret("t"), BOUND: {}, INLAY_KV: undefined };
  for (let i = 0; i < 2; i++) assert.equal(new Core(env).settings.origin, "https://origin.example");
  assert.throws(() => new Core({ INLAY_TTL: "soon" }), (error) => error instanceof ConfigError && error.message === problem({ INLAY_TTL: "soon" }));
});
