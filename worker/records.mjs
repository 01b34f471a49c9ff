// @ts-check
// What administration tells of the past: the last fills that failed, and how pages were answered over time. An isolate has them in its
// memory, and nobody else.

import { remedyOf } from "./remedies.mjs";

/** @typedef {{ at: number, key: string, page: string, slot: string, reason: string, status: number, text: string, took: number | null }} Failed  at, took: in milliseconds */

/** So many failures are remembered, and so much of what each said, in UTF-16 units. */
const mostFailures = 100;
const mostText = 500;

/** @param {number} at milliseconds since 1970 @returns {string} as RFC 3339 has it, in whole seconds */
export const timeText = (at) => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The last fills that failed. */
export class Failures {
  constructor() {
    /** The oldest first. @type {Failed[]} */
    this.all = [];
  }

  /**
   * @param {import("./say.mjs").About} about which fill, and why in a word @param {number} status what the origin answered, 0 if it did not
   * @param {string} text what went wrong @param {number | null} took how long it took, in milliseconds
   */
  add({ key = "", page = "", slot = "", reason = "" }, status, text, took) {
    this.all.push({ at: Date.now(), key, page, slot, reason, status, text: text.length > mostText ? `${text.slice(0, mostText)}…` : text, took });
    if (this.all.length > mostFailures) this.all.shift();
  }

  /** The newest first, as JSON. */
  text() {
    const failures = this.all.toReversed().map(({ at, key, page, slot, reason, status, text, took }) => ({
      at: timeText(at), key: key.toWellFormed(), page, slot, reason, status, text: text.toWellFormed(), remedy: remedyOf(reason, text), took,
    }));
    return `${JSON.stringify({ reach: "isolate", failures })}\n`;
  }
}

/** How long what a sample sums up is, in milliseconds, and how many samples there are. */
const windowMs = 10_000;
const mostSamples = 360;

/** What a sample has, and the figure that it is the growth of. */
const counted = /** @type {const} */ ({
  warm: "warm_pages_total", stale: "stale_pages_total", cold: "cold_pages_total", failed: "failed_pages_total", fills: "fills_total",
  saved_fills: "saved_fills_total", saved_ms: "saved_milliseconds_total", saved_bytes: "saved_bytes_total",
});

/**
 * How figures grew. A window of ten seconds begins with the first event after the one before has ended, and is summed up at the
 * first event after its own end: so nothing is done, and no timer is needed, while nobody comes.
 */
export class History {
  /** @param {string[]} names of the figures, in their order */
  constructor(names) {
    this.places = Object.entries(counted).map(([name, figure]) => ({ name, place: names.indexOf(figure) }));
    /** @type {{ at: number, growth: number[] }[]} */
    this.samples = [];
    /** When the window ends, as the core counts milliseconds; what was counted when it began. */
    this.until = 0;
    /** @type {number[] | null} */
    this.before = null;
  }

  /**
   * Called at an event at or after until, before that is counted.
   * @param {number} now @param {number} stepped how far the clock has been set back @param {BigInt64Array} figures
   * @returns {number} when the next is due
   */
  turn(now, stepped, figures) {
    const values = this.places.map(({ place }) => (place < 0 ? 0 : Number(figures[place])));
    const { before } = this;
    if (before !== null) {
      const growth = values.map((value, i) => value - before[i]);
      if (growth.some((n) => n !== 0)) this.samples.push({ at: this.until - stepped, growth });
      if (this.samples.length > mostSamples) this.samples.shift();
    }
    this.before = values;
    return (this.until = now + windowMs);
  }

  /** As JSON, the oldest first. */
  text() {
    const samples = this.samples.map(({ at, growth }) => ({ at: timeText(at), ...Object.fromEntries(this.places.map(({ name }, i) => [name, growth[i]])) }));
    return `${JSON.stringify({ reach: "isolate", every: windowMs / 1000, samples })}\n`;
  }
}
