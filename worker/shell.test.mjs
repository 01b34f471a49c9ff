// The built shell.wasm under Node. node --test worker/shell.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import "./testing/modules.mjs";
import { readOutline } from "./testing/outline.mjs";

const { Outliner, allowing, inspect, judge, parse, purged, reads } = await import("./shell.mjs");

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const slot = (name) => `<edge-slot name="${name}" src="/f/${name}"><p>…</p></edge-slot>`;
const page = `<!doctype html><html><head><title>T</title></head><body><h1>é</h1>${slot("a")}<p>between</p>${slot("b")}<p>after</p></body></html>`;

const flags = reads.document | reads.edgeSlots;

/** What parts show, with [number] for a slot. */
function shown(parts) {
  const all = [];
  for (const { outline, bytes } of parts) {
    for (const p of readOutline(outline).pieces) {
      if (p.kind === 0) all.push({ bytes: bytes.subarray(p.from, p.to) });
      else if (p.kind === 1) all.push({ bytes: encoder.encode(p.text) });
      else if (p.kind === 2) all.push({ bytes: encoder.encode(`[${p.slot}]`) });
    }
  }
  return decoder.decode(joined(all));
}

const want = page.replace(slot("a"), "[0]").replace(slot("b"), "[1]");

/** All bytes of parts. */
function joined(parts) {
  const all = new Uint8Array(parts.reduce((size, { bytes }) => size + bytes.length, 0));
  parts.reduce((at, { bytes }) => (all.set(bytes, at), at + bytes.length), 0);
  return all;
}

/** Writes a page in pieces of a size. */
function inPieces(text, size, more = flags) {
  const bytes = encoder.encode(text);
  const outliner = new Outliner(more, "/p");
  const parts = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(...outliner.write(bytes.subarray(at, at + size)));
  parts.push(outliner.end());
  return parts;
}

test("slots are found in whole bytes", () => {
  const bytes = encoder.encode(page);
  assert.equal(shown([{ outline: parse(bytes, flags, "/p"), bytes }]), want);
  assert.equal(parse(encoder.encode("<p>nothing</p>"), reads.edgeSlots, "/p"), null);
  // What has no slots may have more in it than text; and a page that has none is kept as it is.
  for (const [text, how, left] of [["<p>a</p><esi:remove>b</esi:remove>", reads.esi, "<p>a</p>"], ["<p>a</p>", flags, "<p>a</p>"]]) {
    const all = encoder.encode(text);
    assert.equal(shown([{ outline: parse(all, how, "/p"), bytes: all }]), left);
  }
});

test("slots are found in bytes that come in any pieces", () => {
  for (const size of [1, 2, 3, 7, 64, 1000]) assert.equal(shown(inPieces(page, size)), want, `pieces of ${size}`);
});

test("the parts of a page are all of its bytes, in order", () => {
  for (const size of [1, 5, 33, 1000]) {
    assert.equal(decoder.decode(joined(inPieces(page, size))), page, `pieces of ${size}`);
  }
});

test("what stands before the first slot is given out before the slot has come", () => {
  const [first] = page.split(slot("a"));
  const outliner = new Outliner(flags, "/p");
  const parts = outliner.write(encoder.encode(first));
  outliner.close();
  assert.match(shown(parts), /^<!doctype html><html><head><title>T<\/title><\/head>/);
});

test("many pages are read at once, each by itself", () => {
  const all = Array.from({ length: 20 }, () => ({ outliner: new Outliner(flags, "/p"), parts: [] }));
  const bytes = encoder.encode(page);
  for (let at = 0; at < bytes.length; at += 11) {
    for (const { outliner, parts } of all) parts.push(...outliner.write(bytes.subarray(at, at + 11)));
  }
  for (const { outliner, parts } of all) assert.equal(shown([...parts, outliner.end()]), want);
});

test("a page without slots, and one of nothing, are themselves", () => {
  assert.equal(shown(inPieces("<!doctype html><p>plain</p>", 5)), "<!doctype html><p>plain</p>");
  const outliner = new Outliner(flags, "/p");
  assert.equal(shown([outliner.end()]), "");
});

test("a slot that is refused is left as it is, with a line in the log, once a minute", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1e12 });
  const warned = t.mock.method(console, "warn", () => {});
  const wrong = `<!doctype html><body><edge-slot src="/f/a"></edge-slot><p>after</p></body>`;
  assert.equal(shown(inPieces(wrong, 9)), wrong);
  assert.equal(warned.mock.callCount(), 1);
  assert.match(warned.mock.calls[0].arguments[0], /^inlay: left as it is: \/p:\d+:\d+: .*name/);
  assert.equal(shown(inPieces(wrong, 1000)), wrong);
  assert.equal(warned.mock.callCount(), 1);
  t.mock.timers.tick(60_000);
  inPieces(wrong, 1000);
  assert.equal(warned.mock.callCount(), 2);
});

test("memory that one large page took is given back", () => {
  const large = `<!doctype html><body>${slot("a")}<p>${"x".repeat(3900 << 10)}</p></body>`;
  assert.equal(shown(inPieces(large, 1 << 20)).length, large.length - slot("a").length + 3);
  const bytes = encoder.encode(large);
  assert.ok(parse(bytes, flags, "/p") !== null);
  const made = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...all) {
      super(...all);
      made.push(this);
    }
  };
  try {
    for (let i = 0; i < 3; i++) parse(encoder.encode(page), flags, "/p");
  } finally {
    WebAssembly.Instance = Instance;
  }
  assert.equal(made.length, 1, "the large one was replaced, and the small one is used again");
  assert.ok(made[0].exports.memory.buffer.byteLength < 2 << 20);
});

test("memory after ten thousand pages is that after a hundred", () => {
  let memory = 0;
  const { Instance } = WebAssembly;
  let last;
  WebAssembly.Instance = class extends Instance {
    constructor(...all) {
      super(...all);
      last = this;
    }
  };
  try {
    parse(encoder.encode(`<body>${slot("a")}${"x".repeat(9 << 20)}`), flags, "/p"); // so that another one is made
    for (let i = 0; i < 10_000; i++) {
      const outliner = new Outliner(flags, `/p/${i}`);
      outliner.write(encoder.encode(page));
      if (i % 3 === 0) outliner.close();
      else outliner.end();
      if (i === 100) memory = last.exports.memory.buffer.byteLength;
    }
  } finally {
    WebAssembly.Instance = Instance;
  }
  assert.ok(memory > 0);
  assert.equal(last.exports.memory.buffer.byteLength, memory);
});

/** Runs with instances that trap in an export, the nth time that it is called. */
function trapping(name, nth, run) {
  const { Instance } = WebAssembly;
  let calls = 0;
  WebAssembly.Instance = class {
    constructor(...all) {
      const { exports } = new Instance(...all);
      this.exports = { ...exports, [name]: (...a) => {
        if (++calls === nth) throw new WebAssembly.RuntimeError("unreachable");
        return exports[name](...a);
      } };
    }
  };
  try {
    parse(encoder.encode(`<body>${slot("a")}${"x".repeat(9 << 20)}`), flags, "/p"); // so that another one is made
    calls = 0;
    return run();
  } finally {
    WebAssembly.Instance = Instance;
  }
}

test("a page with which it traps goes on as it is, and the next is read by another instance", (t) => {
  const logged = t.mock.method(console, "error", () => {});
  for (const [name, nth] of [["open", 1], ["write", 1], ["end", 1]]) {
    trapping(name, nth, () => {
      const parts = inPieces(page, 1000);
      assert.equal(shown(parts).replace("[0]", slot("a")).replace("[1]", slot("b")), page, name);
      assert.equal(shown(inPieces(page, 10)), want);
    });
  }
  assert.equal(logged.mock.callCount(), 3);
  for (const { arguments: [text] } of logged.mock.calls) assert.match(text, /^inlay: what reads pages has crashed and is replaced; \/p goes on as it is: [^\n]*unreachable/);
});

test("a trap in the midst leaves what was given out, and gives the rest as it is", (t) => {
  t.mock.method(console, "error", () => {});
  trapping("write", 4, () => {
    const parts = inPieces(page, 60);
    assert.equal(decoder.decode(joined(parts)), page);
    assert.match(shown(parts), /<edge-slot name="b"/);
  });
});

test("a trap with one page spoils no other's bytes", (t) => {
  t.mock.method(console, "error", () => {});
  trapping("write", 3, () => {
    const [a, b] = [new Outliner(flags, "/a"), new Outliner(flags, "/b")];
    const bytes = encoder.encode(page);
    const parts = { a: a.write(bytes.subarray(0, 80)), b: b.write(bytes.subarray(0, 80)) };
    parts.a.push(...a.write(bytes.subarray(80)), a.end());
    parts.b.push(...b.write(bytes.subarray(80)), b.end());
    for (const some of [parts.a, parts.b]) assert.equal(decoder.decode(joined(some)), page);
    assert.equal(shown(inPieces(page, 10)), want);
  });
});

test("whole bytes with which it traps have no outline", (t) => {
  const logged = t.mock.method(console, "error", () => {});
  trapping("whole", 1, () => {
    assert.equal(parse(encoder.encode(page), flags, "/p"), null);
    assert.ok(parse(encoder.encode(page), flags, "/p") !== null);
  });
  assert.equal(logged.mock.callCount(), 1);
});

test("policies allow the fallback script, and what is no policy stays", (t) => {
  const hash = /'sha256-[\w+/]{43}='/;
  const own = "script-src 'self' https://é.example";
  for (const name of ["content-security-policy", "content-security-policy-report-only"]) {
    const got = allowing(name, own);
    assert.ok(got.startsWith(`${own} 'sha256-`), got);
    assert.match(got, hash);
    assert.equal(allowing(name, got), got);
    assert.equal(allowing(name, "img-src *"), "img-src *");
    assert.equal(allowing(name, "script-src 'none', x").replace(hash, "H"), "script-src H, x");
  }
  assert.equal(allowing("x-own", own), own);
  const logged = t.mock.method(console, "error", () => {});
  trapping("allow", 1, () => {
    assert.equal(allowing("content-security-policy", own), own);
    assert.notEqual(allowing("content-security-policy", own), own);
  });
  assert.equal(logged.mock.callCount(), 1);
});

/** What is said of a fragment: its size as it is kept, whether it was mended, and what is wrong with it. */
function inspected(text, lenient = 0) {
  const { record, mended, fault } = inspect(encoder.encode(text), lenient, 0);
  const said = new DataView(record.buffer);
  assert.equal(said.getUint32(32, true), fault.length);
  return { size: said.getUint32(16, true), is: said.getUint32(28, true), kept: mended && decoder.decode(mended), fault: decoder.decode(fault) };
}

test("a fragment is read, mended, or refused with a text", () => {
  assert.deepEqual(inspected("<p>é</p>"), { size: 9, is: 0, kept: null, fault: "" });
  assert.deepEqual(inspected(slot("a")), { size: slot("a").length + 2, is: 1, kept: null, fault: "" });
  assert.deepEqual(inspected("<div>x"), { size: 12, is: 2, kept: "<div>x</div>", fault: "" });
  assert.deepEqual(inspected("<div>x", 1), { size: 12, is: 6, kept: "<div>x</div>", fault: "" });
  assert.match(inspected("</template>").fault, /^<\/template> at byte 0 has no <template> before it/);
  assert.match(inspected("<noscript><div></noscript>").fault, /depends on whether <noscript> is text/);
  assert.equal(inspected("</template>", 1).is, 4);
});

test("a fragment with which it traps is refused, also leniently, and the next is read by another instance", (t) => {
  const logged = t.mock.method(console, "error", () => {});
  for (const lenient of [0, 1]) {
    trapping("inspect", 1, () => {
      const { is, kept, fault } = inspected("<p>a</p>", lenient);
      assert.deepEqual([is, kept], [0, null]);
      assert.match(fault, /crashed/);
    });
    assert.equal(inspected("<p>a</p>").fault, "");
  }
  assert.equal(logged.mock.calls.length, 2);
});

/** A question about an answer to a fill, as core.wasm asks it, with the defaults of a slot that says nothing: see internal/answer, wire.go. */
function question(size) {
  const numbers = new BigInt64Array([0n, 1764385200000000000n, 0n, 0n, 0n, 0n, 60_000_000_000n, 0n, 0n, 0n, BigInt(size), 0n, 0n, 0n]);
  numbers.fill(-1n, 3, 6); // duration.Unset
  return new Uint8Array(numbers.buffer);
}

const fields = 17;

/** What is told of an answer with these first fields. */
const told = (...first) => encoder.encode(`1\x00200\x00\0${first.join("\0")}${"\0".repeat(fields - first.length + 1)}\0`);

/** What a verdict says: why it is refused, a number, and until when it may be used, in nanoseconds, and the text. */
function verdict(...about) {
  const said = judge(...about);
  const numbers = new DataView(said.buffer);
  return { reason: Number(numbers.getBigInt64(8, true)), ttl: Number(numbers.getBigInt64(32, true)), text: decoder.decode(said.subarray(80)).split("\0")[0] };
}

test("an answer is judged", () => {
  assert.deepEqual(verdict(question(5), told("text/html")), { reason: 0, ttl: 60e9, text: "" });
  assert.deepEqual(verdict(question(5), told("text/html", "max-age=5")), { reason: 0, ttl: 5e9, text: "" });
  assert.deepEqual(verdict(question(5), told("text/plain")), { reason: 2, ttl: 0, text: 'the answer is "text/plain"; a fragment is text/html' });
  assert.match(verdict(question(5), told("text/html", "private")).text, /^the answer has Cache-Control: private; /);
});

test("an answer with which it traps is judged by another instance, and refused if that traps too", (t) => {
  const logged = t.mock.method(console, "error", () => {});
  trapping("judge", 1, () => assert.deepEqual(verdict(question(5), told("text/html")), { reason: 0, ttl: 60e9, text: "" }));
  assert.equal(logged.mock.calls.length, 1);
  const { Instance } = WebAssembly;
  trapping("judge", 1, () => {
    const Once = WebAssembly.Instance;
    WebAssembly.Instance = class extends Once {
      constructor(...all) {
        super(...all);
        this.exports.judge = () => { throw new WebAssembly.RuntimeError("unreachable"); };
      }
    };
    const { reason, text } = verdict(question(5), told("text/html"));
    assert.deepEqual([reason, text], [2, "the answer cannot be read: what reads answers has crashed; the log has more"]);
    WebAssembly.Instance = Once;
  });
  assert.equal(WebAssembly.Instance, Instance);
  assert.equal(logged.mock.calls.length, 3);
  assert.match(logged.mock.calls[2].arguments[0], /^inlay: what reads answers has crashed and is replaced: /);
  assert.equal(verdict(question(5), told("text/html")).reason, 0, "the next is judged");
});

test("what an answer purges is read, by another instance if one traps", (t) => {
  const logged = t.mock.method(console, "error", () => {});
  assert.deepEqual(purged('"a", "b c"', "x-purge", "d e"), ["a", "b c", "d", "e"]);
  assert.deepEqual(purged("", "cache-tag", "d e, f"), ["d e", "f"]);
  assert.deepEqual(purged("a", "", ""), []);
  trapping("purged", 1, () => assert.deepEqual(purged('"a"', "", ""), ["a"]));
  assert.equal(logged.mock.calls.length, 1);
});
