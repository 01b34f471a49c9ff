// @ts-check
// Answers that are given again without an event: what the engine has said of a URL holds until a time, and until something of it
// changes. That shows in numbers in the instance's memory, which are looked at each time: so each ends by itself, and no event
// has to end all of them.

// A URL may have several, by what else of a request went into its page: see reading.mjs.

import { sourcesOf, valuesOf } from "./reading.mjs";

/** @typedef {import("./core.mjs").Head} Head */
/** @typedef {import("./reading.mjs").Reader} Reader */
/**
 * @typedef {{
 *   url: string, values: string | null, head: Head, body: Uint8Array, until: number, page: number, parts: Uint32Array, sum: number, uses: number,
 *   used: boolean, sources: null,
 * }} Repeat  values: of what the page varies on, see reading.mjs; null: it varies on nothing; until: milliseconds, as the core's now() counts
 * them; page: its address, for the engine; parts: where the numbers lie, in words; sum: of them, each of which only grows; uses: since the
 * engine was told; used: since it was last spared
 */
/**
 * @typedef {{ sources: import("./reading.mjs").Sources, by: Map<string, Repeat> }} Several  those of a URL, by their values, the oldest first
 */

/** So many bytes may be taken by what only the repeats hold: URLs, where the numbers lie, and what each needs besides. */
const maxBytes = 2 << 20;
const overhead = 400;

/** A URL has so many, and of more the last: visitors who are each alone with their value leave room for other pages. */
const mostValues = 64;

/** @param {{ url: string, values: string | null, parts: Uint32Array }} repeat */
const bytesOf = ({ url, values, parts }) => 2 * (url.length + (values?.length ?? 0)) + parts.byteLength + overhead;

export class Repeats {
  constructor() {
    /** By URL. @type {Map<string, Repeat | Several>} */
    this.all = new Map();
    /** In the order in which they came. @type {Set<Repeat>} */
    this.order = new Set();
    this.bytes = 0;
    /** The instance's memory in words, of which view is the bytes. @type {Uint32Array} */
    this.words = new Uint32Array(0);
    /** @type {Uint8Array} */
    this.view = new Uint8Array(0);
    /** Answers that the engine has not been told of, when the last was, by the clock, and what was given by them. */
    this.count = 0;
    this.last = 0;
    /** @type {Repeat[]} */
    this.touched = [];
  }

  /**
   * @param {Request} request @param {number} now @param {Uint8Array} view of all of the instance's memory
   * @returns {Repeat | undefined}
   */
  find(request, now, view) {
    const of = this.all.get(request.url);
    if (of === undefined) return undefined;
    const found = of.sources === null ? of : this.one(of, request);
    if (found === undefined) return undefined;
    if (now < found.until && found.sum === this.sum(found.parts, view)) return found;
    this.remove(found);
    return undefined;
  }

  /** The one of several that is for a request. @param {Several} several @param {Request} request */
  one({ sources, by }, request) {
    const values = valuesOf(sources, request);
    return values === null ? undefined : by.get(values);
  }

  /** @param {Uint32Array} parts @param {Uint8Array} view */
  sum(parts, view) {
    if (view !== this.view) {
      this.view = view;
      this.words = new Uint32Array(view.buffer);
    }
    const { words } = this;
    let sum = 0;
    for (let i = 0; i < parts.length; i++) sum += words[parts[i]];
    return sum;
  }

  /** Counts an answer. @param {Repeat} repeat @param {number} now as the clock has it */
  use(repeat, now) {
    this.count++;
    this.last = now;
    repeat.used = true;
    if (repeat.uses++ === 0) this.touched.push(repeat);
  }

  /** How often one was given since the engine was told. @param {Repeat} repeat */
  tell(repeat) {
    const { uses } = repeat;
    repeat.uses = 0;
    return uses;
  }

  told() {
    this.count = 0;
    this.touched = [];
  }

  /**
   * @param {Request} request that is being answered @param {Head} head @param {Uint8Array} body @param {number} until
   * @param {number} page @param {Uint32Array} at addresses in the instance's memory, for this call @param {Uint8Array} view of all of that
   * @param {string[]} varies names of what it varies on, see sourcesOf; none: on nothing @param {(name: string) => Reader} reader
   */
  add(request, head, body, until, page, at, view, varies, reader) {
    const { url } = request;
    const of = this.all.get(url);
    /** @type {import("./reading.mjs").Sources | null} */
    let sources = null;
    if (varies.length > 0) sources = of?.sources?.named === varies.join() ? of.sources : sourcesOf(varies, reader);
    const values = sources === null ? null : valuesOf(sources, request);
    if (of !== undefined && of.sources !== sources) this.removeAll(of); // it was not known on what it varies
    if (sources !== null && values === null) return;
    const parts = at.map((address) => address >>> 2);
    /** @type {Repeat} */
    const repeat = { url, values, head, body, until, page, parts, sum: this.sum(parts, view), uses: 0, used: false, sources: null };
    const bytes = bytesOf(repeat);
    if (bytes > maxBytes) return;
    this.make(repeat, sources);
    for (const oldest of this.order) {
      if (this.bytes + bytes <= maxBytes) break;
      if (oldest.used) { // it gets a second round
        oldest.used = false;
        this.order.delete(oldest);
        this.order.add(oldest);
      } else this.remove(oldest);
    }
    this.insert(repeat, sources);
  }

  /** Makes room for one in its URL's place. @param {Repeat} repeat @param {import("./reading.mjs").Sources | null} sources */
  make({ url, values }, sources) {
    const of = this.all.get(url);
    if (of === undefined) return;
    if (sources === null || of.sources === null || values === null) return this.removeAll(of);
    const old = of.by.get(values);
    if (old !== undefined) this.remove(old);
    else if (of.by.size >= mostValues) this.remove(/** @type {Repeat} */ (of.by.values().next().value));
  }

  /** @param {Repeat} repeat @param {import("./reading.mjs").Sources | null} sources */
  insert(repeat, sources) {
    const { url, values, head } = repeat;
    if (sources === null || values === null) this.all.set(url, repeat);
    else {
      let of = this.all.get(url);
      if (of === undefined || of.sources === null) this.all.set(url, of = { sources, by: new Map() });
      of.by.set(values, repeat);
    }
    this.order.add(repeat);
    this.bytes += bytesOf(repeat);
    (head.repeats ??= new Set()).add(repeat);
  }

  /** @param {Repeat} repeat */
  remove(repeat) {
    const of = this.all.get(repeat.url);
    if (of?.sources && repeat.values !== null) of.by.delete(repeat.values);
    if (!of?.sources || of.by.size === 0) this.all.delete(repeat.url);
    this.order.delete(repeat);
    this.bytes -= bytesOf(repeat);
    repeat.head.repeats?.delete(repeat);
  }

  /** @param {Repeat | Several} of a URL */
  removeAll(of) {
    if (of.sources === null) this.remove(of);
    else for (const repeat of of.by.values()) this.remove(repeat);
  }

  /** A head is no more. @param {Head} head */
  drop(head) {
    if (head.repeats !== undefined) for (const repeat of head.repeats) this.remove(repeat);
  }

  /** Ends all. */
  end() {
    for (const { head } of this.order) head.repeats = undefined;
    this.order.clear();
    this.all.clear();
    this.bytes = 0;
  }
}
