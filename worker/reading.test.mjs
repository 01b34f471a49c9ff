// What is read of a request in JavaScript is what the engine reads: with core.wasm, of random and of adverse requests.
// node --test worker/reading.test.mjs
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { answer, get } from "./testing/client.mjs";

const slot = (name, src, vary) => `<edge-slot name="${name}" src="${src}" vary="${vary}" ttl="1h">…</edge-slot>`;
const shells = {
  "/c/{id}": slot("a", "/f/{id}", "cookie:c cookie:cc cookie:d header:x-h"),
  "/d/{id}": slot("a", "/g/{id}", "language:de,en,fr header:x-h host") + slot("b", "/h/{id}", "bucket:c/3 country:AT,* cookie:d"),
};
globalThis.testPages = execFileSync("go", ["run", "./worker/testing/pages"], {
  input: JSON.stringify(Object.entries(shells).map(([pattern, body]) => ({ pattern, shell: `<body>${body}</body>` }))), maxBuffer: 1 << 24,
});
await import("./testing/modules.mjs");
const { Core } = await import("./core.mjs");
const { sourcesOf, valuesOf } = await import("./reading.mjs");

/** Numbers below n, the same each time. */
function randomOf(seed) {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const pieces = ["c", "cc", "d", "C", "=", "=", "=", ";", "; ", ";", " ", "1", "2", "EUR", ",", ", ", "\t", '"', "\u00e9", "%3B", "x=y; ", "c=1", "cc=2", "$Version", "\u007f"];

const cookies = (random) => Array.from({ length: random(12) }, () => pieces[random(pieces.length)]).join("");

/** What a request reads its page by, as the engine tells: the fields of the fills of a page that nobody has asked for. */
function read(core, path, fields) {
  const client = get(core, path, fields);
  const told = JSON.stringify(client.fills.map(({ src, fields }) => [src.replace(/\d+$/, ""), fields]));
  for (const fill of client.fills) core.fillEnd(fill, answer("<p>x</p>"));
  core.waiting.delete(client.id);
  return told;
}

test("two requests with the same values are the same to the engine", () => {
  const core = new Core({ INLAY_MAX_BYTES: String(8 << 20) });
  const sources = sourcesOf(["x-h", "", "c", "cc", "d"], (name) => core.front.reader(name));
  const seen = new Map();
  const random = randomOf(7);
  let sure = 0;
  let again = 0;
  for (let i = 0; i < 30_000; i++) {
    const fields = { cookie: cookies(random) };
    if (random(3) === 0) fields["x-h"] = ["", "1", " 1", "\u00e9", "a, b"][random(5)];
    const request = { url: "https://site.example/", headers: new Headers({ "sec-fetch-dest": "document", ...fields }) };
    const values = valuesOf(sources, request);
    if (values === null) {
      assert.match(request.headers.get("cookie"), /[^ -~]|, /);
      continue;
    }
    sure++;
    const told = read(core, `/c/${i}`, fields);
    if (seen.has(values)) {
      again++;
      assert.equal(told, seen.get(values), `${JSON.stringify(fields)} ${JSON.stringify(values)}`);
    }
    seen.set(values, told);
    // And what is told apart is so for a reason: the engine has the same cookies.
    const [[, has]] = JSON.parse(told);
    const line = has.find(([name]) => name === "cookie")?.[1] ?? "";
    const own = values.split("\n").slice(2).map((value, k) => (value === "" ? "" : `${["c", "cc", "d"][k]}${value}`)).filter((pair) => pair !== "").join("; ");
    assert.equal(own, line, JSON.stringify(fields));
  }
  assert.ok(sure > 8000 && again > 2000, `${sure} ${again}`);
});

test("nobody gets a page that another one's request has made", () => {
  // One core repeats, the other is asked each time.
  const [core, other] = [new Core({ INLAY_MAX_BYTES: String(8 << 20) }), new Core({ INLAY_MAX_BYTES: String(8 << 20) })];
  const random = randomOf(11);
  const decoder = new TextDecoder();
  let repeated = 0;
  const ask = (of, target, fields, again) => {
    const url = `https://site.example${target}`;
    const request = { url, headers: new Headers({ "sec-fetch-dest": "document", host: "site.example", ...fields }), cf: { country: fields["x-country"] } };
    const found = again ? of.repeats.find(request, of.now(), of.bytes()) : undefined;
    if (found !== undefined) {
      repeated++;
      of.repeats.use(found, Date.now());
      return decoder.decode(found.body);
    }
    const client = get(of, target, {}, request);
    for (const fill of client.fills) of.fillEnd(fill, answer(`<p>${JSON.stringify([fill.src, fill.fields]).replaceAll("<", "&lt;")}</p>`));
    if (client.woken) of.resume(client);
    of.waiting.delete(client.id);
    return client.body === undefined ? null : decoder.decode(client.body);
  };
  const values = ["c=1", "c=2; d=1", "c=1; d=2", "d=2; c=1", "session=8; c=3", "c=", "c", "cc=1; c=2", "c=1, c=2", "c=4", "", "c=\u00e9; d=1", " c =1"];
  for (let i = 0; i < 40_000; i++) {
    const target = `/${"cd"[random(2)]}/${random(3)}`;
    const fields = { cookie: random(8) === 0 ? cookies(random) : values[random(values.length)] };
    if (random(2) === 0) fields["accept-language"] = ["de", "en;q=0.5, fr", "fr", "it", "de, en"][random(5)];
    if (random(3) === 0) fields["x-h"] = ["1", "2", "\u00e9"][random(3)];
    if (random(2) === 0) fields["x-country"] = ["AT", "DE", "XX"][random(3)];
    if (random(3) === 0) fields.host = ["site.example", "other.example"][random(2)];
    const [one, two] = [ask(core, target, fields, true), ask(other, target, fields, false)];
    // A page that was streamed, or whose share was drawn, is nothing to compare.
    if (one !== null && two !== null && !(target.startsWith("/d") && !/(?:^|; )c=[123](?:$|;)/.test(fields.cookie))) {
      assert.equal(one, two, `${i}: ${target} ${JSON.stringify(fields)}`);
    }
  }
  assert.ok(repeated > 5000, `${repeated}`);
});
