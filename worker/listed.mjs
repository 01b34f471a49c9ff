// @ts-check
// What the core tells of what is cached, and of the fills in progress: internal/engine/list.go says what each number is. Here times are
// in whole seconds, but for how long a fill took, and since when one goes on, which are in milliseconds; what is not known is null.

/**
 * @typedef {{
 *   key: string, kind: string, state: string, age: number | null, left: number, swr: number, sie: number, tags: string[], bytes: number,
 *   charged: number, hits: number, took: number | null, from: string | null, reason: string, text: string,
 * }} Entry  left: negative for how long it has been stale; swr, sie: what remains of the windows after that
 * @typedef {{ key: string, page: string, slot: string, age: number, waiting: number, attempts: number, looking: boolean }} Flight
 */

/** How many numbers come with each. */
export const listedNumbers = 9;

const kinds = ["fragment", "page", "failure"];
const origins = ["origin", "data-center", "kv"];
const flight = kinds.length;

/** Whole seconds of nanoseconds. @param {number} ns */
const seconds = (ns) => Math.floor(ns / 1e9);

/** @param {number} kind @param {string[]} texts @param {BigInt64Array} numbers @returns {Entry | Flight} */
export function listed(kind, [key, of, slot, ...tags], numbers) {
  const [left, swr, sie, age, bytes, charged, hits, took, from] = Array.from(numbers, Number);
  if (kind === flight) {
    return { key, page: of, slot, age: Math.floor(left / 1e6), waiting: swr, attempts: sie, looking: age !== 0 };
  }
  const rest = (/** @type {number} */ window) => seconds(Math.max(window + Math.min(left, 0), 0));
  const [, reason, text] = /\(([a-z-]+)\): ([^]*)/.exec(of) ?? ["", "", ""];
  return {
    key, kind: kinds[kind], state: left > 0 ? "fresh" : left + swr > 0 && swr > 0 ? "stale" : "expired",
    age: age < 0 ? null : seconds(age), left: seconds(left), swr: rest(swr), sie: rest(sie),
    tags, bytes, charged, hits, took: kind === 0 ? Math.round(took / 1e6) : null, from: kind === 0 ? origins[from] : null, reason, text,
  };
}
