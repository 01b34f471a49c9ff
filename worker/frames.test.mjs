// node --test worker/frames.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FrameDecoder, encodeFills, maxFills, maxFillsBytes, splitFills } from "./frames.mjs";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A frame as internal/batch/frames.go defines it. */
function encode(index, head, body = "", magic = "ILF1") {
  const [m, h, b] = [encoder.encode(magic), latin1(head), typeof body === "string" ? encoder.encode(body) : body];
  const out = new Uint8Array(16 + h.length + b.length);
  const view = new DataView(out.buffer);
  out.set(m);
  view.setUint32(4, index);
  view.setUint32(8, h.length);
  view.setUint32(12, b.length);
  out.set(h, 16);
  out.set(b, 16 + h.length);
  return out;
}

const latin1 = (s) => Uint8Array.from(s, (c) => c.charCodeAt(0));

function prefix(index, head, body) {
  const out = encode(index, "");
  const view = new DataView(out.buffer);
  view.setUint32(8, head);
  view.setUint32(12, body);
  return out;
}

function concat(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** Pushes the stream in pieces whose sizes next() says. */
function decode(d, stream, next = () => stream.length) {
  const frames = [];
  for (let at = 0; at < stream.length; ) {
    const n = Math.max(1, next());
    frames.push(...d.push(stream.subarray(at, at + n)));
    at += n;
  }
  return frames;
}

/** Small, seeded and good enough: mulberry32. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const fixture = (name) => new Uint8Array(readFileSync(new URL(`../internal/batch/testdata/frames/${name}.bin`, import.meta.url)));

const plain = (f) => ({ ...f, headers: { ...f.headers }, body: [...f.body] });

const wholeFixture = [
  { index: 2, status: 200, headers: { "content-type": "text/html; charset=utf-8" }, failure: "", body: [...encoder.encode("<p>€ 12</p>")].slice(0, 12) },
  {
    index: 0, status: 200, failure: "", body: [0, 0xff, 10],
    headers: {
      "content-type": "text/html", "cache-control": "s-maxage=60, stale-while-revalidate=300", vary: "Cookie",
      "retry-after": "120", age: "7", "content-encoding": "identity", "cdn-cache-control": "max-age=9", expires: "0",
      date: "Sun, 06 Nov 1994 08:49:37 GMT", pragma: "x", etag: 'W/"a"', "last-modified": "Sun, 06 Nov 1994 08:49:36 GMT",
      "cache-tag": "a,b", "surrogate-key": "c d", "cache-groups": '"e"', "set-cookie": "1",
    },
  },
  { index: 1, status: 404, headers: {}, failure: "", body: [] },
  { index: 3, status: 500, headers: { "content-type": "text/plain" }, failure: "panic", body: [...encoder.encode("the handler panicked;\n")] },
];

test("frames that Go wrote are read as they went, in any pieces", () => {
  const stream = fixture("whole");
  for (let n = 1; n <= stream.length; n++) {
    const d = new FrameDecoder(4);
    assert.deepEqual(decode(d, stream, () => n).map(plain), wholeFixture);
    d.end();
  }
});

test("a stream that Go wrote and that broke off is told from a whole one", () => {
  const d = new FrameDecoder(4);
  assert.deepEqual(decode(d, fixture("truncated")).map(plain), wholeFixture.slice(0, 3));
  assert.throws(() => d.end(), /broke off within a frame/);
});

test("a failure that Go wrote says why there is no answer", () => {
  const [frame] = decode(new FrameDecoder(4), fixture("failure"));
  assert.equal(frame.failure, "panic");
  assert.equal(decoder.decode(frame.body), "the handler panicked;\n");
});

test("frames before a broken one count, though they came in the same bytes", () => {
  const d = new FrameDecoder(4);
  assert.deepEqual(d.push(fixture("twice")).map(plain), wholeFixture);
  assert.throws(() => d.end(), /a second frame for fill 2/);
});

test("a stream that ended too early is told at its end, wherever it was cut", () => {
  const stream = fixture("whole");
  for (let n = 0; n < stream.length; n++) {
    const d = new FrameDecoder(4);
    decode(d, stream.subarray(0, n), () => 7);
    assert.throws(() => d.end(), /broke off|ended with [0-3] of 4 fills/, `cut at ${n}`);
  }
});

test("a stream that is not of the format is refused for good", () => {
  for (const [stream, message] of [
    [encode(0, "200\n", "", "ILF2"), /does not begin with ILF1/],
    [encoder.encode("<!doctype html><p>"), /does not begin with ILF1/],
    [encode(2, "200\n"), /a frame for fill 2 of 2/],
    [prefix(0xffffffff, 4, 0), /a frame for fill 4294967295 of 2/],
    [concat(encode(0, "200\n"), encode(0, "200\n")), /a second frame for fill 0/],
    [prefix(0, 0, 0), /head has 0 bytes/],
    [prefix(0, 16385, 0), /head has 16385 bytes/],
    [prefix(0, 0xffffffff, 0), /head has 4294967295 bytes/],
    [prefix(0, 4, (8 << 20) + 1), /body has 8388609 bytes/],
    [encode(0, "200"), /status/],
    [encode(0, "20\n"), /status/],
    [encode(0, "0200\n"), /status/],
    [encode(0, "199\n"), /status/],
    [encode(0, "2x0\n"), /status/],
    [encode(0, "200\nage: 1"), /last line has no end/],
    [encode(0, "200\nage:1\n"), /a line of the head/],
    [encode(0, "200\nAge: 1\n"), /a line of the head/],
    [encode(0, "200\n: 1\n"), /a line of the head/],
    [encode(0, "200\n\n"), /a line of the head/],
    [encode(0, "200\nage: 1\r\n"), /a line of the head/],
    [encode(0, "200\nage: 1\nage: 2\n"), /age twice/],
    [encode(0, "200\n__proto__: 1\n__proto__: 2\n"), /__proto__ twice/],
  ]) {
    const d = new FrameDecoder(2);
    assert.throws(() => decode(d, stream, () => 16), message);
    assert.throws(() => d.push(encode(1, "200\n")), message);
    assert.throws(() => d.end(), message);
  }
});

test("names that are not known are no harm", () => {
  const [frame] = decode(new FrameDecoder(1), encode(0, "200\n__proto__: x\nconstructor: y\nage: \n"));
  assert.deepEqual(Object.keys(frame.headers), ["__proto__", "constructor", "age"]);
  assert.equal(frame.headers.age, "");
  assert.equal(frame.headers.toString, undefined);
});

test("a header value has a character for each byte", () => {
  const [frame] = decode(new FrameDecoder(1), encode(0, "200\nvary: \xc3\xa9\t\n"));
  assert.equal(frame.headers.vary, "\xc3\xa9\t");
});

test("a body over the limit fails its own fill only", () => {
  const d = new FrameDecoder(2, 100);
  const stream = concat(encode(0, "200\nage: 1\n", "x".repeat(101)), encode(1, "200\n", "y".repeat(100)));
  const [large, good] = decode(d, stream, () => 9);
  d.end();
  assert.equal(large.failure, "too-large");
  assert.equal(large.status, 500);
  assert.equal(decoder.decode(large.body), "the body has 101 bytes, the limit is 100");
  assert.equal(decoder.decode(good.body), "y".repeat(100));
});

test("what was pushed may be changed afterwards", () => {
  const d = new FrameDecoder(1);
  const stream = encode(0, "200\n", "body");
  const [frame] = d.push(stream);
  stream.fill(0);
  assert.equal(decoder.decode(frame.body), "body");
});

test("the request is as internal/batch/frames.go defines it", () => {
  const fill = { src: "/a?x=1", fields: [["cookie", "a=b"]], id: 7, timeout: 10 };
  assert.equal(decoder.decode(encodeFills([fill])), '{"fills":[{"src":"/a?x=1","fields":[["cookie","a=b"]]}]}');
  const told = { src: "/a", fields: [["cookie", "a=b"], ["x-forwarded-host", "shop.example"], ["x-forwarded-proto", "https"]] };
  assert.equal(decoder.decode(encodeFills([told])), '{"fills":[{"src":"/a","host":"shop.example","proto":"https","fields":[["cookie","a=b"]]}]}');
  assert.equal(decoder.decode(encodeFills([{ ...fill, document: true }])), '{"fills":[{"src":"/a?x=1","fields":[["cookie","a=b"]],"document":true}]}');
  assert.equal(decoder.decode(encodeFills([{ ...fill, document: false }])), decoder.decode(encodeFills([fill])));
  assert.throws(() => encodeFills([]), /a batch of 0 fills/);
  assert.throws(() => encodeFills(Array(maxFills + 1).fill(fill)), /a batch of 65 fills/);
  assert.throws(() => encodeFills([{ src: "/" + "a".repeat(256 << 10), fields: [] }]), /it may have 262144/);
});

test("random streams: any pieces, cuts and corruptions", () => {
  const seed = Number(process.env.FRAMES_SEED ?? 20261117);
  const next = random(seed);
  const int = (n) => Math.floor(next() * n);
  for (let run = 0; run < 1000; run++) {
    const count = 1 + int(5);
    const want = Array.from({ length: count }, (_, index) => ({
      index, status: 200 + int(800), headers: int(2) ? { age: String(int(100)) } : {}, failure: int(4) ? "" : "panic",
      body: Array.from({ length: int(3) ? int(40) : 0 }, () => int(256)),
    })).sort(() => next() - 0.5);
    const parts = want.map((f) => {
      const head = `${f.status}\n${f.headers.age ? `age: ${f.headers.age}\n` : ""}${f.failure ? `inlay-failure: ${f.failure}\n` : ""}`;
      return encode(f.index, head, Uint8Array.from(f.body));
    });
    const stream = concat(...parts);
    const whole = new FrameDecoder(count);
    assert.deepEqual(decode(whole, stream, () => int(30)).map(plain), want, `seed ${seed}, run ${run}`);
    whole.end();

    const cut = new FrameDecoder(count);
    const got = decode(cut, stream.subarray(0, int(stream.length)), () => int(30)).map(plain);
    assert.deepEqual(got, want.slice(0, got.length), `seed ${seed}, run ${run}`);
    assert.throws(() => cut.end(), `seed ${seed}, run ${run}`);

    // A corrupted stream is read otherwise or refused, the same in any pieces, and never more than it holds.
    const bad = stream.slice();
    for (let i = 1 + int(3); i > 0; i--) bad[int(bad.length)] = int(256);
    const read = (piece) => {
      const d = new FrameDecoder(count);
      const frames = [];
      try {
        for (let at = 0, n; at < bad.length; at += n) {
          n = Math.max(1, piece());
          frames.push(...d.push(bad.subarray(at, at + n)).map(plain));
        }
        d.end();
        return { frames, error: "" };
      } catch (error) {
        assert.equal(error.constructor, Error, `seed ${seed}, run ${run}`);
        return { frames, error: error.message };
      }
    };
    const one = read(() => 1);
    const many = read(() => int(20));
    assert.equal(many.error, one.error, `seed ${seed}, run ${run}`);
    assert.deepEqual(many.frames, one.frames, `seed ${seed}, run ${run}`);
    assert.ok(one.frames.every((f) => f.body.length <= bad.length));
  }
});

test("batches are split so that each is taken", () => {
  const fill = (size) => ({ src: "/f", fields: [["cookie", "c=" + "x".repeat(size)]] });
  const sizes = (batches) => batches.map((batch) => batch.length);
  assert.deepEqual(splitFills([]), []);
  assert.deepEqual(sizes(splitFills(Array.from({ length: 130 }, () => fill(1)))), [64, 64, 2]);
  for (const size of [1, 4000, 8100, 100_000, maxFillsBytes / 2, maxFillsBytes - 60]) {
    const fills = Array.from({ length: 41 }, () => fill(size));
    const batches = splitFills(fills);
    assert.deepEqual(batches.flat(), fills);
    for (const batch of batches) {
      if (batch.length > 1) assert.ok(encodeFills(batch).length <= maxFillsBytes);
    }
  }
  // The last byte counts.
  const one = encodeFills([fill(0)]).length;
  const exact = fill(maxFillsBytes - one);
  assert.equal(encodeFills([exact]).length, maxFillsBytes);
  assert.deepEqual(sizes(splitFills([fill(1), fill(maxFillsBytes), fill(1), fill(1)])), [1, 1, 2], "what is too much is alone");
  // Characters that JSON or UTF-8 makes longer.
  for (const text of ["\"", "é", "€", "\\", "🍪"]) {
    const fills = Array.from({ length: 64 }, () => ({ src: "/f", fields: [["x", text.repeat(4000)]] }));
    for (const batch of splitFills(fills)) assert.ok(encodeFills(batch).length <= maxFillsBytes);
  }
});
