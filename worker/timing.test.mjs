// Server-Timing. node --test worker/timing.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { serverTiming, setTiming } from "./timing.mjs";

test("it is told byte for byte as natively", () => {
  const cases = JSON.parse(readFileSync(new URL("../internal/field/testdata/server-timing.json", import.meta.url), "utf8"));
  assert.ok(cases.length > 0);
  for (const { says, raw, cacheStatus, room, want } of cases) assert.equal(serverTiming(raw, cacheStatus, room), want, says);
});

test("a head stays below 4 KiB with it", () => {
  const slots = Array.from({ length: 60 }, (_, i) => `inlay/slot-with-a-long-name-${i};hit`);
  for (const more of [0, 700, 2500]) {
    const headers = new Headers({ "cache-status": slots.join(", "), "server-timing": `15001${" 1".repeat(60)}`, "x-more": "x".repeat(more) });
    setTiming(headers);
    const size = [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    assert.ok(size <= Math.max(3696, 2500 + 2400), `${size}`);
    assert.match(headers.get("server-timing") ?? "", /^inlay;dur=5, mode;desc=stream, inlay-/);
  }
  const none = new Headers({ "content-type": "text/plain" });
  setTiming(none);
  assert.ok(!none.has("server-timing"), "what is no page");
});
