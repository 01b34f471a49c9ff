// What an entry takes of core.wasm's memory with its key, as the core that is made for tests tells after a collection.
// node --test worker/entry.test.mjs
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { answer, get } from "./testing/client.mjs";

const slots = (src, tags) => Array.from({ length: 5 }, (_, i) => `<edge-slot name="s${i}" src="${src}/${i}" ttl="1h" swr="10m" tags="${tags}">…</edge-slot>`).join("");
const shells = {
  // Keys of 60 bytes: /fragments/of/all/that/is/in/the/shop/of/products/00000001/0
  "/usual/{id}": slots("/fragments/of/all/that/is/in/the/shop/of/products/{id}", "shop fragment"),
  "/tagged/{id}": slots("/fragments/of/all/that/is/in/the/shop/of/products/{id}", "shop product:{id}"),
};
const input = JSON.stringify(Object.entries(shells).map(([pattern, body]) => ({ pattern, shell: `<body>${body}</body>` })));
globalThis.testPages = execFileSync("go", ["run", "./worker/testing/pages"], { input, maxBuffer: 1 << 24 });
globalThis.testCore = "test/core.wasm";

await import("./testing/modules.mjs");
const { Core } = await import("./core.mjs");

const etag = { etag: `"5d41402abc4b2a76b9719d911017c592"` };

for (const [name, path, headers, most] of [
  ["ttl, swr, an ETag and two tags", "/usual/", etag, 256],
  ["the same without an ETag", "/usual/", {}, 208],
  ["a tag of its own for each five", "/tagged/", etag, 300],
]) {
  test(`an entry in core.wasm with its key of 60 bytes: ${name}`, (t) => {
    const core = new Core({ INLAY_MAX_BYTES: String(16 << 20) });
    let before = 0;
    for (let i = 0; i < 1200; i++) {
      if (i === 600) before = core.exports.live();
      const client = get(core, path + String(i).padStart(8, "0"));
      for (const fill of client.fills) core.fillEnd(fill, answer("<p>x</p>", headers));
      core.resume(client);
    }
    const each = (core.exports.live() - before) / (600 * 5);
    t.diagnostic(`${each.toFixed(0)} bytes`);
    assert.ok(Math.round(each) <= most, `${each} bytes`); // where the hash's seed has the index grow adds a fraction
  });
}
