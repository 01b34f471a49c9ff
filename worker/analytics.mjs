// @ts-check
// What is written to a Workers Analytics Engine dataset, INLAY_ANALYTICS: a point for the pages of a kind that were answered and one for
// each fill, or some of many with their weight. Points are gathered and written with a later request, so that a page that is answered
// again costs an addition. docs/operating.md has what is in a point, and the queries. Nothing in one is a visitor's: pages are told by
// their patterns, slots by their names.

import { build } from "./build-id.mjs";
import { warn } from "./say.mjs";

/** @typedef {import("./core.mjs").Head} Head */
/** @typedef {import("./fills.mjs").Fill} Fill */
/** @typedef {{ page: string, state: string, how: string, count: number }} Tally  pages that were answered alike since the last writing */
/** @typedef {{ ms: number, bytes: number, joined: number }} Sample */
/** @typedef {{ blobs: string[], count: number, samples: Sample[] }} Fills  that have ended alike, and some of them */
/** @typedef {{ indexes: string[], blobs: string[], doubles: number[] }} Point */

/** How often points are written, in milliseconds. */
const every = 10_000;

/**
 * How many a request writes: the platform takes 250 of it (https://developers.cloudflare.com/analytics/analytics-engine/limits/), and
 * the site's own handlers may have some to write.
 */
const mostPoints = 100;

/** So many fills of a kind are written each by themselves; of more, these stand for all. */
const mostSamples = 4;

/** So many kinds of pages, and of fills, are told apart; what is more is one. */
const mostKinds = 1000;
const others = "(others)";

/** The page of what is no page of the build. */
const ofOrigin = "(origin)";

/** How long an index may be, in bytes, and how much of a name is written: all of a point's are to stay below 16 KB. */
const maxIndex = 96;
const maxBlob = 512;

/** That a point was refused is told once in so many milliseconds. */
const quiet = 60_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** As much of a text as has so many bytes. @param {string} text @param {number} most */
export function cut(text, most) {
  if (text.length * 3 <= most) return text;
  const bytes = encoder.encode(text);
  if (bytes.length <= most) return text;
  let end = most;
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return decoder.decode(bytes.subarray(0, end));
}

/**
 * The patterns of a site's pages, in their order, as internal/page/encode.go has them at the beginning of pages.bin.
 * @param {Uint8Array} pages @returns {string[]}
 */
export function patternsIn(pages) {
  let at = "inlay pages 10\n".length + 4;
  const number = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = pages[at++];
      value += (byte & 0x7f) * scale;
      if (!(byte >= 0x80)) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  };
  const text = () => {
    const size = number();
    at += size;
    return pages.subarray(at - size, at);
  };
  for (let texts = number(); texts > 0; texts--) text();
  text(); // the fallback script
  const patterns = [];
  for (let left = number(); left > 0; left--) {
    patterns.push(decoder.decode(text()));
    for (let foreign = number(); foreign > 0; foreign--) {
      number();
      text();
      text();
    }
    number();
    number();
    number();
  }
  return patterns;
}

/** How a page was when its head left, by that. @param {Response} init */
export function stateOf({ status, headers }) {
  if (status >= 400) return "failed";
  const slots = headers.get("cache-status") ?? "";
  if (/;fwd=(?:miss|bypass)/.test(slots)) return "cold";
  return /;hit;ttl=(?:-|0(?![0-9]))|;fwd=stale/.test(slots) ? "stale" : "warm";
}

/** Of each dataset, though a core has crashed. @type {WeakMap<object, Analytics>} */
const known = new WeakMap();

/** @param {any} dataset INLAY_ANALYTICS @param {Uint8Array} pages of the build @param {() => number} now @returns {Analytics} */
export function analyticsOf(dataset, pages, now) {
  const made = known.get(dataset) ?? new Analytics(dataset);
  known.set(dataset, made);
  made.begin(pages, now);
  return made;
}

export class Analytics {
  /** @param {{ writeDataPoint(point: Point): void }} dataset */
  constructor(dataset) {
    this.dataset = dataset;
    /** @type {Map<string, Tally>} */
    this.pages = new Map();
    /** @type {Map<string, Fills>} */
    this.fills = new Map();
    /** From when on a request writes. */
    this.due = 0;
    this.told = -Infinity;
    /** @type {string[]} */
    this.patterns = [];
    this.now = () => 0;
  }

  /** @param {Uint8Array} pages @param {() => number} now */
  begin(pages, now) {
    this.patterns = patternsIn(pages);
    this.now = now;
    this.due = now() + every;
  }

  /**
   * Counts a page that is answered, if it is one.
   * @param {number} page its index; -1: it is none of the build, -2: it is one slot and no page @param {Head} head @param {boolean} whole whether all of it leaves at once
   */
  answered(page, head, whole) {
    const { init } = head;
    if (page === -2 || init.status === 400 || init.status === 421) return; // no page answers that
    if (page < 0 && !init.headers.get("cache-status")?.startsWith("inlay/")) return;
    this.tally(page < 0 ? ofOrigin : this.patterns[page] ?? others, stateOf(init), whole ? "whole" : "streamed", head).count++;
  }

  /** @param {string} page @param {string} state @param {string} how @param {Head} head which answers so from here on @returns {Tally} */
  tally(page, state, how, head) {
    const name = `${page}\n${state}\n${how}`;
    let tally = this.pages.get(name);
    if (tally === undefined) {
      if (this.pages.size >= mostKinds && page !== others) return this.tally(others, state, how, head);
      this.pages.set(name, (tally = { page, state, how, count: 0 }));
    }
    if (how === "whole") head.tally = tally;
    return tally;
  }

  /**
   * Counts a fill that has ended.
   * @param {Partial<Fill>} fill @param {string} outcome @param {string} reason why it has failed @param {string} tier where it came from
   * @param {number} bytes @param {boolean} [collapsed] whether it was another's, which it has joined @returns {void}
   */
  filled(fill, outcome, reason, tier, bytes, collapsed = false) {
    const { pagePattern = "", slot = "", began, joined = 0 } = fill;
    const blobs = [pagePattern || ofOrigin, outcome, slot, reason, tier, collapsed || joined > 0 ? "collapsed" : ""];
    const name = blobs.join("\n");
    let fills = this.fills.get(name);
    if (fills === undefined) {
      if (this.fills.size >= mostKinds && slot !== others) return this.filled({ ...fill, pagePattern: others, slot: others }, outcome, reason, tier, bytes, collapsed);
      this.fills.set(name, (fills = { blobs, count: 0, samples: [] }));
    }
    fills.count++;
    const sample = { ms: began === undefined ? 0 : this.now() - began, bytes, joined };
    // Each of them is as likely as any other to be one of those that are written.
    const place = fills.samples.length < mostSamples ? fills.samples.length : Math.floor(Math.random() * fills.count);
    if (place < mostSamples) fills.samples[place] = sample;
  }

  /** Writes what has been gathered, or as much of it as a request may. In the context of a new request. */
  write() {
    this.due = this.now() + every;
    let left = mostPoints;
    for (const tally of this.pages.values()) {
      if (tally.count === 0) continue;
      if (left-- === 0) return this.later();
      this.point(tally.page, ["page", tally.page, tally.state, tally.how, "", "", ""], [tally.count, 0, 0, 0]);
      tally.count = 0;
    }
    for (const [name, { blobs, count, samples }] of this.fills) {
      if (left < samples.length) return this.later();
      left -= samples.length;
      this.fills.delete(name);
      samples.forEach(({ ms, bytes, joined }, i) => {
        const weight = Math.floor(count / samples.length) + (i < count % samples.length ? 1 : 0);
        this.point(blobs[0], ["fill", ...blobs], [weight, ms, bytes, joined]);
      });
    }
  }

  /** There is more, for the next request. */
  later() {
    this.due = 0;
  }

  /** @param {string} page @param {string[]} blobs @param {number[]} doubles */
  point(page, blobs, doubles) {
    try {
      this.dataset.writeDataPoint({ indexes: [cut(page, maxIndex)], blobs: [...blobs.map((blob) => cut(blob, maxBlob)), build], doubles });
    } catch (error) {
      const now = this.now();
      if (now - this.told < quiet) return;
      this.told = now;
      warn(`INLAY_ANALYTICS has not taken a point: ${error instanceof Error ? error.message : error}`);
    }
  }
}
