// @ts-check
// /_inlay/entries: of what the core holds, the part that was asked for, in its order. Read in steps, between which visitors are
// answered, and never held whole: of a hundred thousand entries those of one page are remembered, and of the others what the order needs.

/** @typedef {import("./core.mjs").Core} Core */
/** @typedef {import("./listed.mjs").Entry} Entry */
/** @typedef {{ tags: string[], keys: string[], q: string, kind: string, sort: string, desc: boolean, limit: number, offset: number }} Query */
/** @typedef {(cursor: bigint, n: number) => { entries: Entry[], next: bigint }} Read  the core's entries */
/** @typedef {{ value: number | null, key: string, kind: string, entry: Entry | null }} Row */

/** So many entries are read at once: that holds the isolate for less than a millisecond. */
const step = 200;

/** Up to so many rows are kept whole; of more, which lie before a page far down, the page's are read once more. */
const mostWhole = 2000;

/** So many keys are told of what would be purged. */
const mostPreviewed = 100;

/** @type {Query} */
const noQuery = { tags: [], keys: [], q: "", kind: "", sort: "bytes", desc: false, limit: 0, offset: 0 };

/** @param {string} a @param {string} b @returns {number} by code points, as UTF-8 sorts */
function compareText(a, b) {
  if (a === b) return 0;
  const size = Math.min(a.length, b.length);
  for (let i = 0; i < size; i++) {
    const x = a.charCodeAt(i), y = b.charCodeAt(i);
    // Surrogates are of what comes after all other units.
    if (x !== y) return (x >= 0xd800 && x < 0xe000 ? x + 0x2000 : x >= 0xe000 ? x - 0x800 : x) - (y >= 0xd800 && y < 0xe000 ? y + 0x2000 : y >= 0xe000 ? y - 0x800 : y);
  }
  return a.length - b.length;
}

/**
 * Whether a row comes before another: what is not known comes last in either order, and of what is the same the key decides.
 * @param {Query} query @returns {(a: Row, b: Row) => boolean}
 */
export function orderOf({ sort, desc }) {
  return (a, b) => {
    if (a.value !== b.value) {
      if (a.value === null || b.value === null) return b.value === null;
      return desc ? a.value > b.value : a.value < b.value;
    }
    const c = compareText(a.key, b.key);
    if (c !== 0) return sort === "key" && desc ? c > 0 : c < 0;
    return compareText(a.kind, b.kind) < 0;
  };
}

/** The first rows of many, a heap with the last of them on top. */
export class First {
  /** @param {number} size @param {(a: Row, b: Row) => boolean} before */
  constructor(size, before) {
    this.size = size;
    this.before = before;
    /** @type {Row[]} */
    this.rows = [];
  }

  /** @param {Row} row */
  offer(row) {
    const { rows, before } = this;
    if (rows.length === this.size) {
      if (!before(row, rows[0])) return;
      rows[0] = row;
      this.sink();
      return;
    }
    rows.push(row);
    for (let i = rows.length - 1; i > 0; ) {
      const up = (i - 1) >> 1;
      if (!before(rows[up], rows[i])) return;
      [rows[up], rows[i]] = [rows[i], rows[up]];
      i = up;
    }
  }

  sink() {
    const { rows, before } = this;
    for (let i = 0; ; ) {
      let down = 2 * i + 1;
      if (down >= rows.length) return;
      if (down + 1 < rows.length && before(rows[down], rows[down + 1])) down++;
      if (!before(rows[i], rows[down])) return;
      [rows[i], rows[down]] = [rows[down], rows[i]];
      i = down;
    }
  }

  /** Takes the last. @returns {Row} */
  take() {
    const { rows } = this;
    const [last] = rows;
    const end = /** @type {Row} */ (rows.pop());
    if (rows.length > 0) {
      rows[0] = end;
      this.sink();
    }
    return last;
  }

  /** Takes those from a place on, in their order. @param {number} offset */
  takeFrom(offset) {
    /** @type {Row[]} */
    const page = [];
    while (this.rows.length > offset) page.push(this.take());
    return page.reverse();
  }
}

/** @param {Query} query @returns {(entry: Entry) => boolean} */
function matcher({ tags, keys, q, kind }) {
  return (e) => (kind === "" || e.kind === kind) && (q === "" || e.key.includes(q)) && (keys.length === 0 || keys.includes(e.key))
    && (tags.length === 0 || e.tags.some((tag) => tags.includes(tag)));
}

/** What a query may have: how each value is read, null if it is not understood. @type {Record<string, (query: Query, value: string) => boolean>} */
const parameters = Object.assign(Object.create(null), {
  tag: (/** @type {Query} */ query, /** @type {string} */ value) => value !== "" && query.tags.push(value) > 0,
  key: (/** @type {Query} */ query, /** @type {string} */ value) => value !== "" && query.keys.push(value) > 0,
  q: (/** @type {Query} */ query, /** @type {string} */ value) => ((query.q = value), true),
  kind: (/** @type {Query} */ query, /** @type {string} */ value) => ((query.kind = value), ["fragment", "page", "failure"].includes(value)),
  sort: (/** @type {Query} */ query, /** @type {string} */ value) => ((query.sort = value), ["key", "bytes", "hits", "age", "left", "took"].includes(value)),
  order: (/** @type {Query} */ query, /** @type {string} */ value) => ((query.desc = value === "desc"), value === "asc" || value === "desc"),
  limit: (/** @type {Query} */ query, /** @type {string} */ value) => ((query.limit = Number(value)), /^\d{1,4}$/.test(value) && query.limit >= 1 && query.limit <= 1000),
  offset: (/** @type {Query} */ query, /** @type {string} */ value) => ((query.offset = Number(value)), /^\d{1,9}$/.test(value)),
});

export const expected = "tag=…, key=…, q=…, kind=fragment|page|failure, sort=key|bytes|hits|age|left|took, order=asc|desc, limit=1 to 1000, offset=…";

/**
 * @param {string} query @param {(text: string) => string | null} decode of a name or value, null if it is encoded wrongly
 * @returns {Query | string} a text: the parameter that is not understood
 */
export function parseList(query, decode) {
  /** @type {Query} */
  const list = { ...noQuery, tags: [], keys: [], desc: true, limit: 100 };
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const read = parameters[decode(equals < 0 ? pair : pair.slice(0, equals)) ?? ""];
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    if (read === undefined || value === null || !read(list, value)) return pair;
  }
  return list;
}

/**
 * What subjects of the purge log would reach: how much, and the first keys of it, in their order.
 * @param {string[]} subjects @param {Read} read @param {() => Promise<unknown>} breathe
 */
export async function reached(subjects, read, breathe) {
  const hard = subjects.map((subject) => subject.replace(/^~/, ""));
  const all = hard.includes("all");
  const named = (/** @type {string} */ prefix) => new Set(hard.filter((s) => s.startsWith(prefix)).map((s) => s.slice(prefix.length)));
  const keys = named("key:"), tags = named("tag:");
  const first = new First(mostPreviewed, orderOf({ ...noQuery, sort: "key" }));
  let entries = 0, bytes = 0;
  await walk(read, breathe, (e) => {
    if (!all && !keys.has(e.key) && !e.tags.some((tag) => tags.has(tag))) return;
    entries++;
    bytes += e.bytes;
    first.offer({ value: null, key: e.key, kind: e.kind, entry: null });
  });
  return { preview: true, entries, bytes, keys: first.takeFrom(0).map(({ key }) => key.toWellFormed()) };
}

/** @param {string} kind @param {string} key */
const nameOf = (kind, key) => `${kind} ${key}`;

/**
 * Goes through all that a core holds.
 * @param {Read} read @param {() => Promise<unknown>} breathe lets visitors be answered @param {(entry: Entry) => void} visit
 */
async function walk(read, breathe, visit) {
  for (let cursor = 0n; ; await breathe()) {
    const { entries, next } = read(cursor, step);
    for (const e of entries) visit(e);
    if (next === 0n) return;
    cursor = next;
  }
}

/**
 * The entries that a query asks for.
 * @param {Query} query @param {Read} read @param {() => Promise<unknown>} breathe
 */
export async function select(query, read, breathe) {
  const { sort, offset, limit } = query;
  const size = offset + limit;
  const whole = size <= mostWhole;
  const first = new First(size, orderOf(query));
  const matches = matcher(query);
  let total = 0, matched = 0, bytes = 0;
  await walk(read, breathe, (e) => {
    total++;
    if (!matches(e)) return;
    matched++;
    bytes += e.bytes;
    first.offer({ value: sort === "key" ? null : /** @type {any} */ (e)[sort], key: e.key, kind: e.kind, entry: whole ? e : null });
  });
  const rows = first.takeFrom(offset);
  if (!whole && rows.length > 0) {
    const wanted = new Map(rows.map((row) => [nameOf(row.kind, row.key), row]));
    await walk(read, breathe, (e) => {
      const row = wanted.get(nameOf(e.kind, e.key));
      if (row !== undefined) row.entry = e;
    });
  }
  // What has gone since it was first seen is not told of.
  return { total, matched, bytes, next: offset + rows.length < matched && rows.length > 0 ? offset + rows.length : null, entries: rows.flatMap(({ entry }) => entry ?? []) };
}

/** @param {Entry} e as JSON has it */
const told = (e) => ({
  key: e.key.toWellFormed(), kind: e.kind, state: e.state, age: e.age, left: e.left, swr: e.swr, sie: e.sie, tags: e.tags.map((tag) => tag.toWellFormed()),
  bytes: e.bytes, charged: e.charged, hits: e.hits, took: e.took, from: e.from,
  ...(e.kind === "failure" ? { reason: e.reason, text: e.text.toWellFormed() } : {}),
});

/** @param {Awaited<ReturnType<typeof select>>} found */
export const listText = ({ total, matched, bytes, next, entries }) =>
  `${JSON.stringify({ reach: "isolate", total, matched, bytes, next, entries: entries.map(told) })}\n`;
