// How fills are asked for, with the origin in this process. node --test worker/fills.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";

const { runFills } = await import("./fills.mjs");
const { Failure } = await import("./core.mjs");

/** Runs fills as a request that leads them; gives their ends once there is nothing left to wait for. */
async function run(fills, env = {}, origin = "") {
  const ends = new Map();
  const core = {
    settings: { origin },
    led: new Map(),
    lead: () => ({}),
    fillEnd: (fill, answer) => ends.set(fill.id, { status: answer.status, text: new TextDecoder().decode(answer.body) }),
    fillFail: (fill, failure, text) => ends.set(fill.id, { failure, text }),
  };
  let work;
  runFills({ core, env, line: [], lanes: 0, ctx: { waitUntil: (promise) => { work = promise; } } }, fills);
  await work;
  return ends;
}

const fill = (id, more) => ({ id, src: `/f/${id}`, url: `http://origin.test/f/${id}`, binding: "", fields: [], constant: [], vouching: [], timeout: 5000, maxBytes: 1000, ...more });

test("at most six fills of a request wait for headers at once", async (t) => {
  let open = 0;
  let most = 0;
  t.mock.method(globalThis, "fetch", async (request) => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 5));
    open--;
    return new Response(new URL(request.url).pathname);
  });
  const ends = await run(Array.from({ length: 40 }, (_, id) => fill(id)));
  assert.equal(most, 6);
  for (let id = 0; id < 40; id++) assert.deepEqual(ends.get(id), { status: 200, text: `/f/${id}` });
});

test("a service binding is asked by its name, and one that is missing is named", async (t) => {
  const warned = t.mock.method(console, "warn", () => {});
  const asked = [];
  const SHOP = { fetch: async (request) => (asked.push(request.url), new Response("from the shop")) };
  const ends = await run([
    fill(1, { src: "binding:SHOP/price", url: "http://binding.inlay.internal/price", binding: "SHOP" }),
    fill(2, { src: "binding:NONE/price", url: "http://binding.inlay.internal/price", binding: "NONE" }),
  ], { SHOP });
  assert.deepEqual(asked, ["http://binding.inlay.internal/price"]);
  assert.deepEqual(ends.get(1), { status: 200, text: "from the shop" });
  assert.equal(ends.get(2).failure, Failure.connect);
  assert.match(ends.get(2).text, /there is no service binding NONE: name it in wrangler.toml/);
  assert.equal(warned.mock.callCount(), 1);
});

test("declared fields reach the origin, and no others but what marks a fill", async (t) => {
  let seen;
  t.mock.method(globalThis, "fetch", async (request) => {
    seen = Object.fromEntries(request.headers);
    return new Response("");
  });
  await run([fill(1, { fields: [["cookie", "a=b"], ["accept-language", "de"]] })]);
  assert.deepEqual(seen, { "accept-encoding": "identity", "accept-language": "de", cookie: "a=b", "inlay-fill": "1", "surrogate-capability": 'inlay="ESI/1.0"' });
});

test("a batch that fails does not end the waiting for the other fills", async (t) => {
  t.mock.method(console, "warn", () => {});
  t.mock.method(console, "error", () => {});
  globalThis.testApp = async () => { throw new Error("app.wasm has ended"); };
  t.mock.method(globalThis, "fetch", async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return new Response("late");
  });
  const ends = await run([fill(1, { url: "" }), fill(2)]);
  assert.equal(ends.get(1).failure, Failure.connect);
  assert.match(ends.get(1).text, /^app.wasm has ended/);
  assert.deepEqual(ends.get(2), { status: 200, text: "late" });
});

/** Frames that answer the fills of a batch, as edge.Fills writes them. */
function framesFor(batch, answer) {
  const { fills } = JSON.parse(new TextDecoder().decode(batch));
  return fills.map(({ src, fields }, index) => {
    const { status = 200, headers = {}, body = "" } = answer(src, fields);
    const head = Buffer.from(`${status}\n${Object.entries(headers).map(([n, v]) => `${n}: ${v}\n`).join("")}`);
    const frame = Buffer.alloc(16);
    frame.write("ILF1");
    frame.writeUInt32BE(index, 4);
    frame.writeUInt32BE(head.length, 8);
    frame.writeUInt32BE(body.length, 12);
    return Buffer.concat([frame, head, Buffer.from(body)]);
  });
}

const site = (path, headers = {}) => {
  switch (path) {
    case "/f/one": return { status: 302, headers: { location: "/there" } };
    case "/f/two": return { status: 307, headers: { location: "one" } };
    case "/f/cookie": return { status: 302, headers: { location: "/there", "set-cookie": "1", "cache-control": "private" } };
    case "/f/loop": return { status: 302, headers: { location: "/f/loop" } };
    case "/f/away": return { status: 302, headers: { location: "//other.test/there" } };
    case "/f/own": return { status: 302, headers: { location: "/%5Finlay/stats" } };
    case "/f/nowhere": return { status: 302 };
    default: return { headers, body: `arrived ${path}` };
  }
};

const wanted = {
  one: ["arrived /there", 200, 1], two: ["arrived /there", 200, 2], cookie: ["arrived /there", 200, 1], loop: ["", 302, 5],
  away: ["", 302, 0], own: ["", 302, 0], nowhere: ["", 302, 0], plain: ["arrived /f/plain", 200, 0],
};

/** Runs fills and gives the whole answers. */
async function answers(fills, origin) {
  const ends = new Map();
  const core = {
    settings: { origin }, led: new Map(), lead: () => ({}),
    fillEnd: (fill, answer) => ends.set(fill.src.slice(3), answer),
    fillFail: (fill, failure, text) => ends.set(fill.src.slice(3), { failure, text }),
  };
  let work;
  runFills({ core, env: {}, line: [], lanes: 0, ctx: { waitUntil: (promise) => { work = promise; } } }, fills);
  await work;
  return ends;
}

function checkRedirects(ends) {
  assert.equal(ends.size, Object.keys(wanted).length);
  for (const [name, [text, status, hops]] of Object.entries(wanted)) {
    const end = ends.get(name);
    assert.equal(end.text, undefined, name);
    assert.equal(end.status, status, name);
    assert.equal(new TextDecoder().decode(end.body), text, name);
    assert.equal(end.redirects?.length ?? 0, hops, name);
  }
  const [hop] = ends.get("cookie").redirects;
  assert.equal(hop.headers["cache-control"], "private");
  assert.notEqual(hop.headers["set-cookie"], undefined);
}

test("redirects of app.wasm's handlers are followed in it, and each is handed to the engine", async () => {
  const seen = [];
  globalThis.testApp = async (batch, write) => {
    for (const frame of framesFor(batch, (src, fields) => { seen.push([src, fields]); return site(src); })) write(frame);
  };
  const fields = [["cookie", "a=b"]];
  checkRedirects(await answers(Object.keys(wanted).map((name, id) => fill(id, { src: `/f/${name}`, url: "", fields })), ""));
  for (const [src, got] of seen) assert.deepEqual(got, fields, src);
});

test("redirects of a remote origin are followed, whether fills go to it one by one or in a batch", async (t) => {
  let batches = 0;
  t.mock.method(globalThis, "fetch", async (request) => {
    const url = new URL(request.url);
    assert.equal(url.origin, "http://origin.test");
    if (url.pathname === "/_inlay/fills") {
      batches++;
      return new Response(Buffer.concat(framesFor(Buffer.from(await request.arrayBuffer()), (src) => site(src))));
    }
    assert.equal(request.redirect, "manual");
    const { status = 200, headers, body } = site(url.pathname);
    return new Response(body, { status, headers: { ...headers, "inlay-fills": "1" } });
  });
  const fills = Object.keys(wanted).map((name, id) => fill(id, { src: `/f/${name}`, url: `http://origin.test/f/${name}` }));
  checkRedirects(await answers(fills, "http://origin.test"));
  assert.equal(batches, 0);
  checkRedirects(await answers(fills, "http://origin.test"));
  assert.equal(batches, 1);
});

test("the fill of a page of the origin follows no redirect: what another URL answers is not this one's page", async (t) => {
  globalThis.testApp = async (batch, write) => {
    for (const frame of framesFor(batch, (src) => site(src))) write(frame);
  };
  t.mock.method(globalThis, "fetch", async (request) => {
    const url = new URL(request.url);
    if (url.pathname === "/_inlay/fills") return new Response(Buffer.concat(framesFor(Buffer.from(await request.arrayBuffer()), (src) => site(src))));
    const { status = 200, headers, body } = site(url.pathname);
    return new Response(body, { status, headers: { ...headers, "inlay-fills": "1" } });
  });
  for (const [url, origin] of [["http://documents.test/f/one", "http://documents.test"], ["http://documents.test/f/one", "http://documents.test"], ["", ""]]) {
    const end = (await answers([fill(1, { src: "/f/one", url, document: true }), fill(2, { src: "/f/plain", url: url && "http://documents.test/f/plain", document: true })], origin));
    assert.equal(end.get("one").status, 302);
    assert.equal(end.get("one").body.length, 0);
    assert.equal(end.get("plain").status, 200);
  }
});

test("an app that ends while it is asked where a redirect leads fails that fill", async (t) => {
  t.mock.method(console, "warn", () => {});
  let calls = 0;
  globalThis.testApp = async (batch, write) => {
    if (++calls > 1) throw new Error("app.wasm has ended");
    for (const frame of framesFor(batch, site)) write(frame);
  };
  const ends = await answers([fill(1, { src: "/f/one", url: "" }), fill(2, { src: "/f/plain", url: "" })], "");
  assert.equal(ends.get("plain").status, 200);
  assert.equal(ends.get("one").failure, Failure.connect);
});

/** Runs one fill and gives what the core was told of its failure: which, and the heads that were heard before. */
async function failed(more) {
  const ends = [];
  const core = {
    settings: { origin: "" }, led: new Map(), lead: () => ({}),
    fillEnd: (_, answer) => ends.push({ status: answer.status, size: answer.body.length, redirects: answer.redirects?.length ?? 0 }),
    fillFail: (_, failure, text, heard) => ends.push({ failure, heard: heard.map(({ status, headers }) => [status, headers["cache-control"]]) }),
  };
  let work;
  runFills({ core, env: {}, line: [], lanes: 0, ctx: { waitUntil: (promise) => { work = promise; } } }, [fill(1, more)]);
  await work;
  assert.equal(ends.length, 1);
  return ends[0];
}

const broken = (status, control) => new Response(new ReadableStream({
  pull(c) { c.error(new Error("broke off")); },
}), { status, headers: { "cache-control": control } });

test("what was heard before an answer broke off goes to the engine, and of no fragment is the body read", async (t) => {
  t.mock.method(console, "warn", () => {});
  let answers;
  t.mock.method(globalThis, "fetch", async ({ signal }) => {
    const next = answers.shift();
    if (next === "stalls") {
      const body = new ReadableStream({ start: (c) => signal.addEventListener("abort", () => c.error(new Error("aborted"))) });
      return new Response(body, { headers: { "cache-control": "private" } });
    }
    if (next instanceof Error) throw next;
    return next;
  });
  const to = (control) => new Response("x".repeat(5000), { status: 302, headers: { location: "/there", "cache-control": control } });
  for (const [got, want] of [
    [[broken(200, "private")], { failure: Failure.connect, heard: [[200, "private"]] }],
    [[new Response("x".repeat(5000), { headers: { "cache-control": "no-store" } })], { failure: Failure.tooLarge, heard: [[200, "no-store"]] }],
    [[to("no-store"), new Error("nobody")], { failure: Failure.connect, heard: [[302, "no-store"]] }],
    [[to("max-age=1"), broken(200, "private")], { failure: Failure.connect, heard: [[302, "max-age=1"], [200, "private"]] }],
    [[new Error("nobody")], { failure: Failure.connect, heard: [] }],
    [[broken(404, "max-age=1")], { status: 404, size: 0, redirects: 0 }],
    [[to("max-age=1"), broken(410, "max-age=1")], { status: 410, size: 0, redirects: 1 }],
    [[new Response("x".repeat(5000), { status: 503 })], { status: 503, size: 0, redirects: 0 }],
  ]) {
    answers = got;
    assert.deepEqual(await failed({}), want);
  }
  answers = ["stalls"];
  assert.deepEqual(await failed({ timeout: 20 }), { failure: Failure.timeout, heard: [[200, "private"]] });
});

test("of what is asked for as a page and is none the body is left alone, which may have no end", async (t) => {
  let cancelled = 0;
  t.mock.method(globalThis, "fetch", async (request) => new Response(new ReadableStream({ cancel: () => { cancelled++; } }), {
    headers: new URL(request.url).pathname === "/f/none" ? {} : { "content-type": "text/event-stream" },
  }));
  for (const url of ["http://origin.test/f/events", "http://origin.test/f/none"]) {
    assert.deepEqual(await failed({ url, document: true, timeout: 5000 }), { status: 200, size: 0, redirects: 0 });
  }
  assert.equal(cancelled, 2);
  t.mock.method(globalThis, "fetch", async () => new Response("<p>a", { headers: { "content-type": "Text/HTML ; charset=utf-8" } }));
  assert.deepEqual(await failed({ document: true }), { status: 200, size: 4, redirects: 0 });
});

test("what a handler of app.wasm said before it failed goes to the engine", async (t) => {
  t.mock.method(console, "warn", () => {});
  for (const [answer, want] of [
    [{ status: 500, headers: { "cache-control": "private", "inlay-failure": "truncated" } }, { failure: Failure.connect, heard: [[500, "private"]] }],
    [{ status: 200, headers: { "cache-control": "private" }, body: "x".repeat(5000) }, { failure: Failure.tooLarge, heard: [[500, "private"]] }],
  ]) {
    globalThis.testApp = async (batch, write) => {
      for (const frame of framesFor(batch, () => answer)) write(frame);
    };
    assert.deepEqual(await failed({ url: "" }), want);
  }
});

test("conditions go to the first who is asked, not to where it leads", async (t) => {
  const seen = [];
  const fields = [["cookie", "a=b"], ["if-none-match", '"v"'], ["if-modified-since", "x"]];
  const names = ["cookie", "if-modified-since", "if-none-match"];
  t.mock.method(globalThis, "fetch", async (request) => {
    seen.push([...request.headers.keys()].filter((name) => names.includes(name)));
    const { status = 200, headers, body } = site(new URL(request.url).pathname);
    return new Response(body, { status, headers });
  });
  await answers([fill(1, { src: "/f/one", url: "http://origin.test/f/one", fields })], "");
  globalThis.testApp = async (batch, write) => {
    for (const frame of framesFor(batch, (src, got) => { seen.push(got.map(([name]) => name).sort()); return site(src); })) write(frame);
  };
  await answers([fill(1, { src: "/f/one", url: "", fields })], "");
  assert.deepEqual(seen, [names, ["cookie"], names, ["cookie"]]);
});

test("handlers are under no host", async () => {
  globalThis.testApp = async (batch, write) => {
    for (const frame of framesFor(batch, () => ({ status: 302, headers: { location: "http://app.inlay.internal/there" } }))) write(frame);
  };
  assert.equal((await answers([fill(1, { src: "/f/one", url: "" })], "")).get("one").status, 302);
});
