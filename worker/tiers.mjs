// @ts-check
// What lies below the isolate's memory: the data centre's cache (the Cache API), and Workers KV. Bytes under names; what they are,
// and whether they may be used, is the engine's to say.

import { scopeOf, within } from "./log.mjs";
import { nameOf, warn } from "./say.mjs";
import { fillBegins, fillEnds } from "./trace.mjs";
import { cacheSite, quietly } from "./view.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {{ fill: number, name: string, slot?: string, pagePattern?: string, tiers: number, awaitView: boolean }} Find */
/** @typedef {{ name: string, tiers: number, bytes: Uint8Array, keep: number }} Put  keep: milliseconds */
/** @typedef {{ bytes: Uint8Array, resident: number }} Found  resident: how long it has lain there, in milliseconds; -1: not told */

/** The tiers, by their bits, in the order in which they are looked in. */
export const dataCenter = 1;
export const kv = 2;
const all = [dataCenter, kv];
const called = { [dataCenter]: "the data centre's cache", [kv]: "INLAY_KV" };

/** How long each look and each write may take, in milliseconds. */
const findTimeout = 500;
const putTimeout = 5000;

/** KV keeps nothing for less, in seconds. */
const leastKept = 60;

/** Caches need not be asked to keep anything for longer, in seconds. */
const longestKept = 365 * 24 * 3600;

/** An error is told once in so many milliseconds. */
const quiet = 60_000;

/** A text in a name: 64 bits of it, as hexadecimal digits. @param {string} text */
export function digest(text) {
  let [a, b] = [0x811c9dc5, 0x2f0b4c47];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b) + i;
  }
  return [a, b].map((n) => (n >>> 0).toString(16).padStart(8, "0")).join("");
}

export class Tiers {
  /**
   * @param {any} log INLAY_LOG @param {any} store INLAY_KV
   * @param {string} build what must be the same for what is found
   */
  constructor(log, store, build) {
    this.log = log;
    this.store = store;
    this.build = build;
    this.path = "";
    /** A bare workerd may have no cache. */
    this.off = 0;
    /** When each error was last told, by tier. @type {Record<number, number>} */
    this.told = {};
  }

  /**
   * Looks for what a fill would bring, before the origin is asked. Meanwhile the fill is led as any other: if this request's
   * context ends, those who wait for it are told.
   * @param {Exchange} exchange whose context this is @param {Find} find
   */
  async find(exchange, { fill, name, slot, pagePattern, tiers, awaitView }) {
    const { core } = exchange;
    const led = core.lead({ id: fill, slot, pagePattern }, exchange);
    fillBegins(exchange, led.fill, "inlay.lookup");
    let stopped = false;
    led.stop = () => {
      stopped = true;
    };
    if (awaitView) await core.log?.polled();
    for (const tier of all) {
      if ((tiers & tier) === 0 || stopped) continue;
      const found = await this.read(tier, name, exchange.request);
      if (found === null || stopped || core.crashed) continue;
      let taken = true;
      quietly(() => (taken = core.found(exchange, fill, tier, found)));
      this.settle(exchange, core);
      if (taken && !core.crashed) core.ended(led.fill, "found", "", tier === kv ? "kv" : "data-center", found.bytes.length);
      if (taken) return;
    }
    fillEnds(led.fill, null, stopped ? "stopped" : "not found", "", "", 0, false);
    if (core.led.get(fill) === led) core.led.delete(fill);
    if (stopped) return;
    quietly(() => core.notFound(exchange, fill));
    this.settle(exchange, core);
  }

  /** Begins what an event of this request's has asked for. @param {Exchange} exchange @param {import("./core.mjs").Core} core */
  settle(exchange, core) {
    this.putAll(exchange, core);
    if (exchange.core === core) exchange.settle();
  }

  /**
   * Puts what the last event has asked for.
   * @param {Exchange} exchange whose context this is @param {import("./core.mjs").Core} core
   */
  putAll(exchange, core) {
    for (const put of core.puts.splice(0)) {
      for (const tier of all) if (put.tiers & tier) exchange.ctx.waitUntil(this.write(tier, put, exchange.request));
    }
  }

  /** @param {number} tier @param {string} name @param {Request} request whose context this is @returns {Promise<Found | null>} */
  async read(tier, name, request) {
    if (tier & this.off) return null;
    try {
      return await within(findTimeout, async () => {
        if (tier === kv) {
          const bytes = await this.store.get(this.pathOf(name), "arrayBuffer");
          return bytes === null ? null : { bytes: new Uint8Array(bytes), resident: -1 };
        }
        const response = await caches.default.match(cacheSite + this.pathOf(name));
        if (response === undefined) return null;
        const age = response.headers.get("age");
        return { bytes: new Uint8Array(await response.arrayBuffer()), resident: age === null ? -1 : Number(age) * 1000 };
      });
    } catch (error) {
      this.failed(tier, "read", error, request);
      return null;
    }
  }

  /** @param {number} tier @param {Put} put @param {Request} request whose context this is */
  async write(tier, { name, bytes, keep }, request) {
    const seconds = Math.min(Math.floor(keep / 1000), longestKept);
    if (tier & this.off || seconds < (tier === kv ? leastKept : 1)) return;
    try {
      await within(putTimeout, async () => {
        if (tier === kv) return this.store.put(this.pathOf(name), bytes, { expirationTtl: seconds });
        // Wrangler's cache would keep it past max-age for what a stale-while-revalidate said; production would not.
        const headers = { "content-type": "application/octet-stream", "cache-control": `max-age=${seconds}` };
        await caches.default.put(cacheSite + this.pathOf(name), new Response(bytes, { headers }));
      });
    } catch (error) {
      this.failed(tier, "write", error, request);
    }
  }

  /** @param {number} tier @param {string} what @param {unknown} error @param {Request} request */
  failed(tier, what, error, request) {
    if (tier === dataCenter && /No Cache was configured/.test(String(error))) this.off |= dataCenter;
    const now = Date.now();
    if (Math.abs(now - (this.told[tier] ?? -Infinity)) < quiet) return;
    this.told[tier] = now;
    warn(`${called[/** @type {1 | 2} */ (tier)]}: a fragment could not be ${what === "read" ? "read" : "written"}: ${error instanceof Error ? error.message : error}`, { request: nameOf(request) });
  }

  /** What a name is called in every tier. @param {string} name */
  pathOf(name) {
    this.path ||= `${scopeOf(this.log)}/${this.build}/`;
    return this.path + name;
  }
}
