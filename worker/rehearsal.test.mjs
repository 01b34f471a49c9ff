// While a Worker is loaded a page is served to nobody: with what is there then.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

globalThis.testRehearsed = /rehearsed = "(.*)"/.exec(readFileSync(new URL("../build/build-id.mjs", import.meta.url), "utf8"))[1];
await import("./testing/modules.mjs");
const { rehearse } = await import("./rehearsal.mjs");
const { Core } = await import("./core.mjs");

const refused = () => { throw new Error("not while a Worker is loaded"); };

test("a cold page's shell is served, without clock, chance, timers or a Response", (t) => {
  t.mock.method(Date, "now", () => 0);
  for (const [on, name] of [[crypto, "getRandomValues"], [globalThis, "setTimeout"], [globalThis, "fetch"]]) t.mock.method(on, name, refused);
  t.mock.method(globalThis, "Response", refused);
  for (const name of ["log", "warn", "error"]) t.mock.method(console, name, refused);
  assert.deepEqual(rehearse(), ["respond"]);
});

test("what goes wrong in it is nobody's", (t) => {
  t.mock.method(console, "error", refused);
  t.mock.method(Core.prototype, "handle", function () { this.event(null, () => { throw new WebAssembly.RuntimeError("unreachable"); }); });
  assert.deepEqual(rehearse(), []);
});
