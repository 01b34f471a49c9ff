// Pages of the origin as they arrive, with the built core.wasm under Node. node --test worker/open-page.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";

const { Core } = await import("./core.mjs");
const { Opening } = await import("./exchange.mjs");

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An origin's answer that comes as it is told to. */
class Answer {
  constructor(fields = {}, status = 200) {
    this.cancelled = false;
    this.pulled = 0;
    const body = new ReadableStream({
      start: (controller) => (this.controller = controller),
      pull: () => { this.pulled++; },
      cancel: () => { this.cancelled = true; },
    }, { highWaterMark: 0 });
    this.response = new Response(body, { status, headers: { "content-type": "text/html; charset=utf-8", "inlay-slots": "edge-slot, esi", "cache-control": "no-store", ...fields } });
  }
  say(text) { this.controller.enqueue(encoder.encode(text)); }
  end() { this.controller.close(); }
  breakOff() { this.controller.error(new Error("connection reset")); }
}

/** Asks a core for a page whose origin answers with what answers has next; fragments are their src in <p>. */
function site(t, env = {}) {
  const made = { answers: [], asked: [], cores: 0, left: new AbortController() };
  t.mock.method(globalThis, "fetch", async (request) => {
    const path = new URL(request.url).pathname;
    made.asked.push(path);
    if (path.startsWith("/f/")) return new Response(`<p>${path}</p>`, { headers: { "content-type": "text/html", "cache-control": "max-age=60" } });
    return made.answers.shift().response;
  });
  made.core = null;
  made.opening = new Opening(() => {
    if (made.core === null || made.core.crashed) {
      made.core = new Core({ INLAY_ORIGIN: "http://origin.test", ...env });
      made.cores++;
    }
    return made.core;
  });
  made.ask = (fields = {}, more = {}) => made.opening.answer(
    new Request("http://shop.test/page", { headers: { "user-agent": "curl/8", host: "shop.test", ...fields }, signal: made.left.signal, ...more }), {}, { waitUntil() {} });
  return made;
}

const slot = `<edge-slot name="a" src="/f/a"><p>…</p></edge-slot>`;
const before = "<!doctype html><html><head><title>T</title></head><body><h1>before</h1>";
const after = "<p>after</p></body></html>";

/** A crash, as a trap in an event makes it. */
function trapIn(core, name) {
  core.exports = { ...core.exports, [name]() { throw new WebAssembly.RuntimeError("unreachable"); } };
}

async function readUntil(reader, mark) {
  let text = "";
  while (!text.includes(mark)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`it ended before ${mark}: ${text}`);
    text += decoder.decode(value);
  }
  return text;
}

test("the origin's fields stay, but for those that tell of its bytes", async (t) => {
  const made = site(t);
  const origin = new Answer({ etag: '"x"', "last-modified": "yesterday", "content-length": "5", age: "3", expires: "0", "surrogate-control": "x", "x-own": "1", link: "</a>; rel=next", digest: "x", "accept-ranges": "bytes" }, 203);
  origin.response.headers.append("set-cookie", "a=1");
  origin.response.headers.append("set-cookie", "b=2");
  made.answers.push(origin);
  const answering = made.ask();
  origin.say(before + slot + after);
  origin.end();
  const answer = await answering;
  assert.equal(answer.status, 203);
  assert.equal(await answer.text(), before + "<p>/f/a</p>" + after);
  assert.deepEqual(answer.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(answer.headers.get("x-own"), "1");
  assert.match(answer.headers.get("link"), /rel=next/);
  for (const name of ["etag", "last-modified", "content-length", "age", "expires", "surrogate-control", "inlay-slots", "digest", "accept-ranges"]) assert.equal(answer.headers.get(name), null, name);
});

test("what is composed for a visitor is for no cache, whatever the origin says to some, and forbids and varies as the origin's answer does", async (t) => {
  for (const [control, want] of [
    ["max-age=600", "private, no-cache"], ["private, no-transform", "private, no-cache, no-transform"], ["no-store", "no-store"], ["No-Store, max-age=0", "No-Store, max-age=0"],
    ['public, x="a, no-store, b"', "no-store"], ["no-store, no-transform", "no-store, no-transform"],
  ]) {
    const made = site(t);
    const told = { "cdn-cache-control": "max-age=600", "cloudflare-cdn-cache-control": "max-age=600", "x-accel-expires": "600", "edge-control": "max-age=600" };
    const [origin, head] = [0, 1].map(() => new Answer({ ...told, "cache-control": control, vary: "Accept-Language, Cookie" }));
    made.answers.push(origin);
    const answering = made.ask({ cookie: "c=1" });
    origin.say(before + `<edge-slot name="a" src="/f/a" vary="cookie:c header:x-h"></edge-slot>` + after);
    origin.end();
    const answer = await answering;
    await answer.text();
    assert.equal(answer.headers.get("cache-control"), want);
    assert.equal(answer.headers.get("vary"), "Accept-Language, Cookie, x-h");
    made.answers.push(head);
    const alone = await made.ask({ cookie: "c=1" }, { method: "HEAD" });
    for (const name of Object.keys(told)) for (const { headers } of [answer, alone]) assert.equal(headers.get(name), null, name);
    made.left.abort();
    t.mock.restoreAll();
  }
});

test("the policies of a page that streams allow the fallback script, of one that is composed for its visitor and of one that is kept", async (t) => {
  const made = site(t);
  const fields = { "cache-control": "max-age=60", "content-security-policy": "script-src 'self'", "content-security-policy-report-only": "default-src 'none'" };
  const [own, kept] = [new Answer(fields), new Answer(fields)];
  own.response.headers.append("content-security-policy", "img-src *");
  made.answers.push(own, kept);
  const browser = { accept: "text/html", "user-agent": "Mozilla/5.0", "sec-fetch-dest": "document" };
  const holds = (answer, more) => {
    const hash = /'sha256-[\w+/]{43}='/;
    assert.equal(answer.headers.get("content-security-policy").replace(hash, "H"), `script-src 'self' H${more}`);
    assert.equal(answer.headers.get("content-security-policy-report-only").replace(hash, "H"), "default-src 'none'; script-src H");
  };
  const answering = made.ask(browser);
  for (const page of [own, kept]) {
    page.say(before + slot + after);
    page.end();
  }
  const first = await answering;
  await first.text();
  holds(first, ", img-src *");
  let warm;
  for (const end = Date.now() + 5000; made.asked.filter((path) => path === "/page").length < 2 || warm === undefined; ) {
    assert.ok(Date.now() < end, made.asked.join(" "));
    await new Promise((resolve) => setTimeout(resolve, 1));
    const answer = made.answers.length === 0 ? await made.ask(browser) : null;
    await answer?.text();
    if (answer?.headers.has("etag")) warm = answer;
  }
  holds(warm, "");
});

test("a page without slots that is asked for is no hit", async (t) => {
  const made = site(t);
  for (const [fields, want] of [[{}, null], [{ "cache-status": "other;hit" }, "other;hit"]]) {
    const origin = new Answer(/** @type {any} */ (fields));
    made.answers.push(origin);
    const answered = made.ask();
    origin.say("<!doctype html><p>yours</p>");
    origin.end();
    const response = await answered;
    assert.equal(response.headers.get("cache-status"), want);
    assert.match(await response.text(), /yours/);
  }
});

test("a type that names no charset stays so, since the page may, as it does natively", async (t) => {
  const made = site(t);
  for (const type of ["text/html", "text/html; charset=UTF-8", "Text/HTML;a=b"]) {
    const origin = new Answer({ "content-type": type });
    made.answers.push(origin);
    const answering = made.ask({ "user-agent": "Mozilla/5.0", "sec-fetch-dest": "document" });
    origin.say(before + slot + after);
    origin.end();
    const answer = await answering;
    await answer.text();
    assert.equal(answer.headers.get("content-type"), type);
  }
});

test("a page that is not composed is the origin's own response, whose body nobody has touched", async (t) => {
  const made = site(t);
  for (const [fields, status] of [[{ "content-type": "text/plain" }, 200], [{ "inlay-slots": "none" }, 200], [{}, 206], [{ "content-encoding": "zstd" }, 200]]) {
    const origin = new Answer(fields, status);
    const { body } = origin.response;
    made.answers.push(origin);
    const answer = await made.ask();
    assert.equal(answer.body, body, JSON.stringify(fields));
    assert.equal(origin.pulled, 0);
  }
});

test("nothing is read of the origin that its visitor does not take", async (t) => {
  const made = site(t);
  const origin = new Answer();
  made.answers.push(origin);
  const answering = made.ask({ "user-agent": "Mozilla/5.0", "sec-fetch-dest": "document" });
  origin.say(before);
  const answer = await answering;
  const reader = answer.body.getReader();
  await readUntil(reader, "<h1>before</h1>");
  const { pulled } = origin;
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(origin.pulled, pulled);
  await reader.cancel();
  assert.ok(origin.cancelled, "and one who leaves ends it");
  assert.equal(made.core.waiting.size, 0);
});

test("one who leaves before the head ends what was asked for him", async (t) => {
  const made = site(t);
  const origin = new Answer();
  made.answers.push(origin);
  const answering = made.ask();
  while (origin.pulled === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  made.left.abort();
  await answering;
  assert.ok(origin.cancelled);
});

test("a page that breaks off is an error to its visitor", async (t) => {
  t.mock.method(console, "warn", () => {});
  const made = site(t);
  const origin = new Answer();
  made.answers.push(origin);
  const answering = made.ask();
  origin.say(before + "<p>and</p>");
  const reader = (await answering).body.getReader();
  await readUntil(reader, "before");
  origin.breakOff();
  await assert.rejects(readUntil(reader, "never"), /broke off/);
});

test("another core is told all that the first was, and the answer goes on", async (t) => {
  t.mock.method(console, "error", () => {});
  for (const name of ["pass_part", "resume"]) {
    const made = site(t);
    const origin = new Answer();
    made.answers.push(origin);
    const answering = made.ask();
    origin.say(before + "<p>and</p>");
    const reader = (await answering).body.getReader();
    const first = await readUntil(reader, "before");
    trapIn(made.core, name);
    origin.say(slot);
    origin.say(after);
    origin.end();
    const rest = await readUntil(reader, "</html>");
    assert.equal(first + rest, before + "<p>and</p><p>/f/a</p>" + after, name);
    assert.equal(made.cores, 2);
    t.mock.restoreAll();
    t.mock.method(console, "error", () => {});
  }
});

test("a core that traps at the head is replaced; a second one that does has the page go on as it is", async (t) => {
  t.mock.method(console, "error", () => {});
  for (const [traps, want] of [[1, before + "<p>/f/a</p>" + after], [2, before + slot + after]]) {
    const made = site(t);
    const { opening } = made;
    const { cores } = opening;
    opening.cores = (env) => {
      const core = cores(env);
      if (made.cores <= traps && core.exports.trapped === undefined) {
        trapIn(core, "pass_head");
        core.exports.trapped = () => {};
      }
      return core;
    };
    const origin = new Answer();
    made.answers.push(origin);
    const answering = made.ask();
    origin.say(before + slot + after);
    origin.end();
    assert.equal(await (await answering).text(), want, `${traps} traps`);
    t.mock.restoreAll();
    t.mock.method(console, "error", () => {});
  }
});

test("an answer that has begun, and whose page was too much to keep, ends as broken when the core traps", async (t) => {
  t.mock.method(console, "error", () => {});
  const made = site(t);
  const origin = new Answer();
  made.answers.push(origin);
  const answering = made.ask();
  origin.say(before);
  const reader = (await answering).body.getReader();
  await readUntil(reader, "before");
  for (let i = 0; i < 20; i++) {
    origin.say(`<p>${"x".repeat(64 << 10)}</p><b>${i}</b><i>-</i>`);
    await readUntil(reader, `<b>${i}`);
  }
  trapIn(made.core, "pass_part");
  origin.say(after);
  await assert.rejects(readUntil(reader, "never"), /broke off/);
  assert.ok(origin.cancelled);
});

test("HEAD and POST are not composed", async (t) => {
  const made = site(t);
  for (const method of ["HEAD", "POST"]) {
    const origin = new Answer();
    const { body } = origin.response;
    made.answers.push(origin);
    assert.equal((await made.ask({}, { method })).body, body, method);
  }
});
