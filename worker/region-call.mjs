// @ts-check
// One fill a region, from the side of an isolate that asks for it; region.mjs is who answers.

import { build } from "./build-id.mjs";
import { RegionFrames } from "./region-frames.mjs";
import { warn } from "./say.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {import("./fills.mjs").Fill} Fill */
/** @typedef {import("./fills.mjs").Queued} Queued */
/** @typedef {import("./region-frames.mjs").Frame} Frame */

/** How many objects do the fills of a region. */
const shards = 8;

/** How long an object may take until it begins to answer, in milliseconds: it does so before it has asked anybody. */
const answersWithin = 1000;

/** An error is told once in so many milliseconds. */
const quiet = 60_000;

/** Where objects of a continent's are to be: https://developers.cloudflare.com/durable-objects/reference/data-location/ */
const hints = { AF: "afr", AN: "oc", AS: "apac", EU: "weur", NA: "enam", OC: "oc", SA: "sam" };

/** When an error was last told, and whether it was that there is no binding. */
let told = -Infinity;
let toldUnbound = false;

/** FNV-1a over the units of a text. @param {string} text */
function hash(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** What depends on what a fill asks for and not on when, or by whom, picks its object. @param {Fill} fill */
const shardOf = ({ src, fields }) => {
  const key = fields.filter(([name]) => name !== "if-none-match" && name !== "if-modified-since");
  return hash(JSON.stringify([src, key])) % shards;
};

/** Tells once that there is nobody to share fills with. @param {string} request */
export function tellUnbound(request) {
  if (toldUnbound) return;
  toldUnbound = true;
  warn(`slots say share="region", and INLAY_REGION is not bound in wrangler.toml: each isolate does their fills itself`, { request });
}

/**
 * The fills that one object is asked for together, and its address.
 * @param {Exchange} exchange @param {Queued[]} queue @returns {{ name: string, hint: string | undefined, queue: Queued[] }[]}
 */
export function calls({ request }, queue) {
  const continent = /** @type {any} */ (request).cf?.continent;
  const hint = hints[/** @type {keyof typeof hints} */ (continent)];
  const region = hint === undefined ? "local" : continent.toLowerCase();
  /** @type {Map<number, Queued[]>} */
  const by = new Map();
  for (const one of queue) {
    const shard = shardOf(one.fill);
    const others = by.get(shard);
    if (others === undefined) by.set(shard, [one]);
    else others.push(one);
  }
  return [...by].map(([shard, some]) => ({ name: `${region}/${shard}`, hint, queue: some }));
}

/**
 * Asks an object for fills, and reports the end of each. Settles when nobody waits for any of them any more; is rejected if the
 * object has not brought all: it cannot be reached, has too much to do, or is gone.
 * @param {any} binding INLAY_REGION: the objects, or a service in front of them
 * @param {ReturnType<typeof calls>[number]} call @param {import("./region.mjs").Settings} settings
 */
export async function ask(binding, { name, hint, queue }, { origin, secret, instances }) {
  const reports = queue.map(({ report }) => report);
  const isOpen = () => reports.some((r) => !r.ended);
  const over = new AbortController();
  const end = Promise.all(reports.map((r) => r.over)).then(() => ({ done: /** @type {const} */ (true), value: undefined }));
  const fills = queue.map(({ fill: { id: _, ...fill } }) => fill);
  const patience = Math.min(answersWithin, ...fills.map((f) => f.timeout / 2));
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patience} ms`)), patience);
  });
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} */
  let reader;
  try {
    const target = "fetch" in binding ? binding : binding.get(binding.idFromName(name), hint === undefined ? {} : { locationHint: hint });
    const response = await Promise.race([late, target.fetch(`https://region/${name}/`, {
      method: "POST", body: JSON.stringify({ build, settings: { origin, secret, instances }, fills }), signal: over.signal,
    })]);
    clearTimeout(timer);
    if (response.status !== 200 || response.body === null) throw new Error(`status ${response.status}: ${(await response.text()).trim().slice(0, 200)}`);
    const frames = new RegionFrames(queue.length);
    reader = /** @type {ReadableStreamDefaultReader<Uint8Array>} */ (response.body.getReader());
    while (isOpen()) {
      const { done, value } = await Promise.race([reader.read(), end]);
      if (done) break;
      for (const frame of frames.push(value)) take(queue[frame.index], frame);
    }
    if (isOpen()) throw new Error("it has not brought all that it was asked for");
  } finally {
    clearTimeout(timer);
    // What is left is to be stopped, whether it has begun to answer or not.
    reader?.cancel().catch(() => {});
    over.abort();
  }
}

/** @param {Queued} one @param {Frame} frame */
function take({ report }, frame) {
  if (frame.failure === undefined) {
    const { status, headers, redirects, body, before } = frame;
    report.end({ status, headers, redirects, body, before });
    return;
  }
  report.heard.push(...frame.heard);
  report.drop(frame.failure, frame.text); // the object's log has it
}

/** @param {string} name @param {unknown} error @param {number} fills that are done here in its place @param {string} request */
export function tell(name, error, fills, request) {
  const now = Date.now();
  if (Math.abs(now - told) < quiet) return;
  told = now;
  const text = error instanceof Error ? error.message : error;
  warn(`INLAY_REGION, ${name}: ${fills} of its fills are done by the isolate itself: ${text}`, { request });
}
