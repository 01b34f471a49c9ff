// @ts-check
// One fill a region: a Durable Object, of eight for each region, that does the fills of all isolates there, and lets those wait
// for the same one that ask for the same while it goes on. It keeps nothing: what a fill brings is each isolate's to judge and to
// store. It is spoken to by fetch, see region-call.mjs:
//
//   POST https://region/NAME/   {"build": "…", "settings": {…}, "fills": [{…, "share": {"log", "stamp", "maxAge"}}, …]}
//
// The answer begins at once, so that who asks knows that somebody is there, and has a frame for each fill as it ends, see
// region-frames.mjs.

import { build } from "./build-id.mjs";
import { answerFields } from "./core.mjs";
import { runFills } from "./fills.mjs";
import { encodeFrame } from "./region-frames.mjs";
import { logAs } from "./say.mjs";

/** @typedef {import("./fills.mjs").Fill} Fill */
/** @typedef {import("./fills.mjs").Answer} Answer */
/** @typedef {import("./fills.mjs").Hop} Hop */
/** @typedef {{ log: string, stamp: number, maxAge: number }} Share  maxAge: milliseconds; see engine.Share */
/** @typedef {{ answer: Answer } | { failure: number, text: string, heard: Hop[] }} End */
/**
 * @typedef {{
 *   name: string, id: number, log: string, stamp: number, began: number, waiting: Set<(end: End) => void>, stop: () => void,
 * }} Flight  a fill in progress and those who wait for it
 */

/** What a call may have: fields of a visitor's, in each of its fills. */
const maxFills = 1000;

/** A call that has not ended so long after the longest of its fills has to, in milliseconds, is ended. */
const grace = 1000;

/** No fill is given longer, in milliseconds. */
const longestFill = 30_000;

export class RegionFill {
  /** @param {any} ctx @param {any} env */
  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
    logAs(env ?? {});
    /** By what is asked for; of several the last began last. @type {Map<string, Flight[]>} */
    this.flights = new Map();
    this.lastId = 0;
    /** The latest time that now() gave, and how far the clock has been set back in all. */
    this.latest = 0;
    this.stepped = 0;
  }

  /** Milliseconds that never go back. */
  now() {
    const now = Date.now() + this.stepped;
    if (now < this.latest) this.stepped += this.latest - now;
    else this.latest = now;
    return this.latest;
  }

  /** @param {Request} request @returns {Promise<Response>} */
  async fetch(request) {
    // The body is read to its end before anything is answered: a caller that still writes would wait for ever.
    const text = await request.text();
    const refused = (/** @type {number} */ status, /** @type {unknown} */ why) =>
      new Response(`region: ${why instanceof Error ? why.message : why}\n`, { status, headers: { "cache-control": "no-store" } });
    let call;
    try {
      call = readCall(request.method, text);
    } catch (error) {
      return refused(400, error);
    }
    // While a deployment is rolled out there are isolates of two; an object is of one, and so are its handlers.
    if (call.build !== build) return refused(409, "this object is of another deployment");
    return new Response(this.take(call), { headers: { "content-type": "application/vnd.inlay.region", "cache-control": "no-store" } });
  }

  /**
   * Joins what is in progress, and begins the rest, together as a request of an isolate would. The stream has the ends.
   * @param {Call} call @returns {ReadableStream<Uint8Array>}
   */
  take({ settings, fills }) {
    const now = this.now();
    /** @type {Uint8Array[]} */
    const frames = [];
    /** This call's own promise: whoever ends a fill only resolves it. */
    let wake = () => {};
    let left = fills.length;
    /** @type {[Flight, (end: End) => void][]} */
    const waits = [];
    /** @type {Fill[]} */
    const begun = [];
    fills.forEach(({ share, ...fill }, index) => {
      const read = fill.document ? allHeaders : readHeaders;
      const name = JSON.stringify([fill.src, fill.url, fill.binding, fill.fields, fill.constant, fill.vouching, fill.document, fill.page]);
      const all = this.flights.get(name) ?? [];
      let flight = all.findLast((f) => isJoinable(f, share, now));
      if (flight === undefined) {
        const id = ++this.lastId;
        flight = { name, id, log: share.log, stamp: share.stamp, began: now, waiting: new Set(), stop: () => {} };
        this.flights.set(name, [...all, flight]);
        begun.push({ ...fill, share: null, id });
      }
      const before = now - flight.began;
      const end = (/** @type {End} */ how) => {
        left--;
        frames.push(frameOf(index, before, how, read));
        wake();
      };
      flight.waiting.add(end);
      waits.push([flight, end]);
    });
    if (begun.length > 0) this.run(begun, settings);
    let gone = false;
    const leave = () => {
      gone = true;
      for (const [flight, end] of waits) this.leave(flight, end);
      wake();
    };
    // Its own timer, too: what waits for nothing else may be ended as hung. What it does not bring then, nobody waits for.
    const timer = setTimeout(leave, Math.min(Math.max(0, ...fills.map((f) => f.timeout)), longestFill) + grace);
    return new ReadableStream({
      pull: async (controller) => {
        while (frames.length === 0 && left > 0 && !gone) await new Promise((resolve) => (wake = () => resolve(undefined)));
        for (const frame of frames.splice(0)) controller.enqueue(frame);
        if (left > 0 && !gone) return;
        clearTimeout(timer);
        controller.close();
      },
      cancel: () => {
        clearTimeout(timer);
        leave();
      },
    }, { highWaterMark: 0 });
  }

  /** Who has waited for a flight does no more; with nobody left it is stopped. @param {Flight} flight @param {(end: End) => void} end */
  leave(flight, end) {
    if (!flight.waiting.delete(end) || flight.waiting.size > 0) return;
    this.forget(flight);
    flight.stop();
  }

  /** @param {Flight} flight */
  forget(flight) {
    const rest = (this.flights.get(flight.name) ?? []).filter((f) => f !== flight);
    if (rest.length > 0) this.flights.set(flight.name, rest);
    else this.flights.delete(flight.name);
  }

  /** Runs fills as an isolate does that has no core: each end goes to those who wait. @param {Fill[]} fills @param {Settings} settings */
  run(fills, settings) {
    /** @type {Map<number, Flight>} */
    const flights = new Map();
    for (const all of this.flights.values()) for (const flight of all) flights.set(flight.id, flight);
    const end = (/** @type {Fill} */ { id }, /** @type {End} */ how) => {
      const flight = flights.get(id);
      if (flight === undefined) return;
      this.forget(flight);
      const waiting = [...flight.waiting];
      flight.waiting.clear();
      for (const told of waiting) told(how);
    };
    const core = {
      settings,
      led: new Map(),
      lead: (/** @type {Fill} */ fill) => {
        // What is put into stop is what ends the fill.
        const led = { stop: () => {}, waits: false, waited: false, moved: false };
        const flight = flights.get(fill.id);
        if (flight !== undefined) flight.stop = () => led.stop();
        return led;
      },
      fillEnd: (/** @type {Fill} */ fill, /** @type {Answer} */ answer) => end(fill, { answer }),
      fillFail: (/** @type {Fill} */ fill, /** @type {number} */ failure, /** @type {string} */ text, /** @type {Hop[]} */ heard = []) =>
        end(fill, { failure, text, heard }),
    };
    const { ctx, env } = this;
    runFills(/** @type {any} */ ({ core, ctx, env, line: [], lanes: 0 }), fills);
  }
}

/**
 * Whether a fill that has begun will do for who knows a log up to a number, and takes nothing older than an age. Who knows of no
 * log goes by the age alone.
 * @param {Flight} flight @param {Share} share @param {number} now
 */
const isJoinable = (flight, share, now) =>
  now - flight.began < share.maxAge && (share.log === "" || (flight.log === share.log && flight.stamp >= share.stamp));

/** What the engine reads of an answer; that there was a cookie, and not which. @param {Record<string, string>} headers */
function readHeaders(headers) {
  /** @type {Record<string, string>} */
  const read = {};
  for (const name of answerFields) if (headers[name] !== undefined) read[name] = headers[name];
  if (headers["set-cookie"] !== undefined) read["set-cookie"] = "1";
  if (headers.location !== undefined) read.location = headers.location; // where it leads the visitor
  return read;
}

/** Of a page of the origin's all fields go out with it. @param {Record<string, string>} headers */
const allHeaders = (headers) => ({ ...headers, ...readHeaders(headers) });

/** @param {Hop[]} hops */
const readHops = (hops) => hops.map(({ status, headers: { location, ...headers } }) => ({ status, headers: readHeaders(headers) }));

/** @param {number} index @param {number} before @param {End} how @param {typeof readHeaders} read */
function frameOf(index, before, how, read) {
  if ("failure" in how) return encodeFrame({ index, before, failure: how.failure, text: how.text, heard: readHops(how.heard) });
  const { status, headers, redirects = [], body } = how.answer;
  return encodeFrame({ index, before, status, headers: read(headers), redirects: readHops(redirects) }, body);
}

/** @typedef {{ origin: string, secret: string, instances: import("./app-pool.mjs").Limits }} Settings */
/** @typedef {{ build: string, settings: Settings, fills: (Fill & { share: Share })[] }} Call */

/** @param {string} method @param {string} text @returns {Call} */
function readCall(method, text) {
  if (method !== "POST") throw new Error("fills are asked for by POST");
  const { build, settings, fills } = JSON.parse(text);
  if (typeof settings?.origin !== "string" || typeof settings.secret !== "string" || typeof settings.instances?.most !== "number") throw new Error("a call says its settings");
  if (!Array.isArray(fills) || fills.length === 0 || fills.length > maxFills) throw new Error(`a call has 1 to ${maxFills} fills`);
  if (!fills.every(isFill)) throw new Error("a call's fills are those of another version of inlay");
  return { build, settings, fills };
}

/** @param {any} f */
const isFill = (f) =>
  [f?.src, f?.url, f?.binding, f?.share?.log].every((text) => typeof text === "string") &&
  [f.timeout, f.maxBytes, f.share.stamp, f.share.maxAge].every((n) => Number.isFinite(n)) &&
  [f.fields, f.constant, f.vouching].every(Array.isArray);
