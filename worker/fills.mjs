// @ts-check
// Runs the fills that a request leads, in that request's context, and reports each end to the core. The context is kept
// alive until then by waitUntil, though the request's client may have gone.

import { appFills } from "./app-instances.mjs";
import { CrashError, Failure, reasons } from "./core.mjs";
import { FrameDecoder, encodeFills, hasOwnPage, splitFills } from "./frames.mjs";
import { capability } from "./pass.mjs";
import { maxRedirects, redirectTarget, visitorsLocation } from "./redirect.mjs";
import { ask, calls, tell, tellUnbound } from "./region-call.mjs";
import { aboutFill, error as sayError, lastWords, nameOf, warn } from "./say.mjs";
import { fillBegins, fillEnds, traceOf } from "./trace.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/**
 * @typedef {{
 *   id: number, request: string, src: string, url: string, binding: string, slot?: string, pagePattern?: string, fields: [string, string][],
 *   trace?: [string, string][], constant: [string, string][], vouching: [string, string][],
 *   began?: number, joined?: number, timeout: number, maxBytes: number, share: import("./region.mjs").Share | null, document?: boolean, page?: boolean,
 * }} Fill  request: what the request is called that leads it. trace: fields of its visitor's, which are in no key. began:
 * when, by the core's clock; joined: how many others have waited for it. url: where a remote origin is asked; binding: which service binding; neither: app.wasm. slot, pagePattern: whose
 * slot it was begun for, see engine.Fill. timeout in ms. constant and
 * vouching: more fields for what is asked elsewhere; of a batch, its own request has both, and each fill the constant ones.
 * share: which fills in progress it may join, in its region; null: none. document: it is a page of the origin's, of whose answer the
 * core is told all fields. page: a page requires it, see engine.Fill.
 */
/**
 * @typedef {{ status: number, headers: Record<string, string> }} Hop  a redirect that was followed, or another head
 * @typedef {{ status: number, headers: Record<string, string>, body: Uint8Array, redirects?: Hop[], before?: number }} Answer  before: how
 * many milliseconds before it was asked for its fill had begun, as another's
 */

/**
 * A request may have six connections that wait for headers; a seventh would only wait in the runtime. Here its time runs too, so
 * that no page waits for long, but another request that wants the fill can have it, and a failure is not held against it.
 */
export const maxConnecting = 6;

const fillsPath = "/_inlay/fills";

/** What the paths of app.wasm's handlers are resolved against: a host that no redirect can name. */
const appBase = "http://";

/** The fields that ask whether what is stored has changed, which is for who gave its validators: the first who is asked. */
const conditions = new Set(["if-none-match", "if-modified-since"]);

/** @param {[string, string][]} fields */
const unconditional = (fields) => fields.filter(([name]) => !conditions.has(name));

const decoder = new TextDecoder();

/** Origins that announced that they take fills in batches. @type {Set<string>} */
const takesBatches = new Set();

/** @param {Exchange} exchange @param {Fill[]} fills */
export function runFills(exchange, fills) {
  const { core, ctx } = exchange;
  let shared = fills.filter((f) => f.share != null);
  if (shared.length > 0 && core.region == null) {
    tellUnbound(nameOf(exchange.request));
    shared = [];
  }
  const work = shared.length > 0 ? calls(exchange, shared.map((f) => queued(exchange, f))).map((call) => runShared(exchange, call)) : [];
  const own = shared.length > 0 ? fills.filter((f) => !shared.includes(f)) : fills;
  work.push(...runOwn(exchange, own.map((f) => queued(exchange, f))));
  // One that fails must not end the waiting for the others.
  ctx.waitUntil(Promise.allSettled(work));
}

/** Runs fills in this isolate. @param {Exchange} exchange @param {Queued[]} queue @returns {Promise<void>[]} */
function runOwn(exchange, queue) {
  const { origin, secret } = exchange.core.settings;
  const isLocal = (/** @type {Queued} */ { fill }) => fill.url === "" && fill.binding === "";
  const remote = queue.filter((one) => !isLocal(one));
  const batched = secret !== "" && takesBatches.has(origin) ? remote.filter(({ fill }) => fill.src.startsWith("/")) : [];
  const inBatches = batched.length > 1;
  return [
    ...split(queue.filter(isLocal)).map((batch) => runLocal(exchange, batch)),
    ...(inBatches ? split(batched).map((batch) => runOrigin(exchange, batch)) : []),
    runRemote(exchange, inBatches ? remote.filter((one) => !batched.includes(one)) : remote),
  ];
}

/** In as many batches as they need. @param {Queued[]} queue */
function split(queue) {
  const of = new Map(queue.map((one) => [one.fill, one]));
  return splitFills([...of.keys()]).map((batch) => batch.map((fill) => /** @type {Queued} */ (of.get(fill))));
}

/**
 * Has a region's object do fills. Those that it does not bring are done here, in what is left of their time.
 * @param {Exchange} exchange @param {ReturnType<typeof calls>[number]} call
 */
async function runShared(exchange, call) {
  const { core } = exchange;
  try {
    await ask(core.region, call, core.settings);
  } catch (error) {
    const left = call.queue.filter(({ report }) => !report.ended);
    if (left.length === 0) return;
    tell(call.name, error, left.length, nameOf(exchange.request));
    await Promise.allSettled(runOwn(exchange, left));
  }
}

/** @typedef {ReturnType<typeof reporter>} Report */
/** @typedef {{ fill: Fill, report: Report }} Queued */

/** A fill whose time runs. @param {Exchange} exchange @param {Fill} fill @returns {Queued} */
const queued = (exchange, fill) => ({ fill, report: reporter(exchange, fill) });

/**
 * Reports one end of a fill, the first, and only while its core lives.
 * @param {Exchange} exchange @param {Fill} fill
 */
function reporter(exchange, fill) {
  const { core } = exchange;
  const led = core.lead(fill, exchange);
  fillBegins(exchange, fill, "inlay.fill");
  const began = Date.now();
  const timer = setTimeout(() => {
    if (led.moved) return;
    const text = `no whole answer for ${fill.src} within ${fill.timeout} ms`;
    if (led.waited) report.fail(Failure.heldUp, `${text}, a part of which other fills of its request were before it`);
    else if (report.waited() * 2 >= fill.timeout) report.fail(Failure.heldUp, `${text}, of which it waited ${report.waited()} ms for an instance of app.wasm`);
    else report.fail(Failure.timeout, text);
    report.abort.abort();
  }, fill.timeout);
  /** @type {() => void} */
  let end = () => {};
  /** @type {() => void} */
  let leave = () => {};
  /** When it began to wait for an instance, null while it does not, and how long it has before. @type {number | null} */
  let inLine = null;
  let inLineBefore = 0;
  const report = {
    src: fill.src,
    led,
    /** It waits for an instance of app.wasm. */
    lines() {
      inLine = Date.now();
    },
    /** It has one. */
    begins() {
      inLineBefore = report.waited();
      inLine = null;
    },
    /** How long it has waited for one, in milliseconds. */
    waited: () => inLineBefore + (inLine === null ? 0 : Date.now() - inLine),
    /** Settles when the fill has ended. @type {Promise<void>} */
    over: new Promise((resolve) => (end = resolve)),
    /** Settles when its batch need not bring it any more. @type {Promise<void>} */
    left: new Promise((resolve) => (leave = resolve)),
    ended: false,
    /** Of a fill of a batch that was redirected: until it has ended elsewhere. @type {Promise<void> | null} */
    elsewhere: null,
    abort: new AbortController(),
    /** The heads that have come, in their order. @type {Hop[]} */
    heard: [],
    /** @param {() => void} call */
    once(call) {
      if (report.ended) return;
      report.ended = true;
      end();
      leave();
      clearTimeout(timer);
      core.led.delete(fill.id);
      try {
        call();
      } catch (error) {
        if (!(error instanceof CrashError)) throw error;
      }
      fillEnds(fill, null, "stopped", "", "", 0, false); // if the core was not told of its end
    },
    /** @param {import("./frames.mjs").Frame} frame */
    frame(frame) {
      report.heard.push(frame);
      if (frame.failure === "too-large") report.fail(Failure.tooLarge, tooLarge(fill));
      else if (frame.failure !== "") report.fail(Failure.connect, `${fill.src}: ${decoder.decode(frame.body)}`);
      else if (nextOf(fill, fill.url || appBase + fill.src, frame) === null) report.end(located(fill, frame));
      else {
        report.elsewhere = follow(exchange, fill, report, frame);
        leave();
      }
    },
    /** @param {Answer} answer */
    end(answer) {
      if (answer.body.length > fill.maxBytes) report.fail(Failure.tooLarge, tooLarge(fill));
      else {
        report.once(() => {
          core.fillEnd(fill, answer, Date.now() - began);
          core.tiers?.putAll(exchange, core);
        });
      }
    },
    /** @param {number} failure @param {string} text */
    fail(failure, text) {
      if (!report.ended) warn(`fill failed: ${text}`, aboutFill(fill, reasons[failure]));
      report.drop(failure, text);
    },
    /** @param {unknown} error @param {string} url */
    failed(error, url) {
      if (error instanceof TooLarge) report.fail(Failure.tooLarge, tooLarge(fill));
      else report.fail(Failure.connect, `${url}: ${error}`);
    },
    /** As fail, where the log tells of it already. @param {number} failure @param {string} text */
    drop(failure, text) {
      report.once(() => core.fillFail(fill, failure, text, report.heard, Date.now() - began));
    },
  };
  // The engine stops a fill in whatever context; what it consists of is ended in this one.
  const stopped = new Promise((resolve) => {
    led.stop = () => resolve(null);
  });
  stopped.then(() => report.once(() => report.abort.abort()));
  return report;
}

/** @param {Fill} fill */
const tooLarge = (fill) => `${fill.src} answered with more than the ${fill.maxBytes} bytes of INLAY_MAX_FRAGMENT`;

/** Whether a batch still has to bring the fill. @param {Report} report */
const isAwaited = (report) => !report.ended && report.elsewhere === null;

/** Settles when all have ended, in time or not, or go on elsewhere: nobody waits for their batch. @param {Report[]} reports */
const allLeft = (reports) => Promise.all(reports.map((r) => r.left));

/** Whose context an instance has, and how many there may be. @param {Exchange} exchange */
const appOf = ({ env, ctx, core }, request = "") => ({ env, ctx, limits: core.settings.instances, request });

/**
 * Runs fills in an instance of app.wasm. What its handlers have finished is kept, though the instance ends.
 * @param {Exchange} exchange
 * @param {Queued[]} queue
 */
async function runLocal(exchange, queue) {
  const reports = queue.map(({ report }) => report);
  const open = () => reports.filter(isAwaited);
  for (const r of reports) r.lines();
  try {
    let begun = queue;
    let frames = new FrameDecoder(0);
    const next = () => {
      begun = queue.filter(({ report }) => isAwaited(report));
      if (begun.length === 0) return null;
      for (const { report } of begun) report.begins();
      const fills = begun.map(({ fill }) => fill);
      frames = new FrameDecoder(fills.length, Math.max(...fills.map((f) => f.maxBytes)));
      return encodeFills(fills);
    };
    /** @param {Uint8Array} bytes */
    const write = (bytes) => {
      for (const frame of frames.push(bytes)) begun[frame.index].report.frame(frame);
    };
    // Starting an instance holds the isolate for tens of milliseconds: the shell leaves first.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await appFills(next, write, allLeft(reports), appOf(exchange, queue[0].fill.request));
    for (const r of open()) r.fail(Failure.connect, `${r.src}: app.wasm ended the batch without this fill`);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const left = open();
    const first = queue.find(({ report }) => report === left[0]);
    const [said, trace] = lastWords(text);
    if (first !== undefined) sayError(`fill failed: ${left.map((r) => r.src).join(", ")}: ${said}`, aboutFill(first.fill, reasons[Failure.connect]), trace);
    for (const r of left) r.drop(Failure.connect, text);
  }
  await Promise.all(reports.map((r) => r.elsewhere));
}

/**
 * A batch to the origin. What has no frame when it ends is asked for by itself, in what is left of its time: what one
 * visitor's fill has in it (too much for some limit on the way, or something that a firewall takes offence at) must not
 * fail those that others share.
 * @param {Exchange} exchange @param {Queued[]} queue
 */
async function runOrigin(exchange, queue) {
  const { origin, secret } = exchange.core.settings;
  try {
    await runBatch(queue, origin, secret);
  } catch (error) {
    takesBatches.delete(origin);
    const left = queue.filter(({ report }) => isAwaited(report));
    if (left.length > 0) {
      const text = error instanceof Error ? error.message : error;
      warn(`a batch of ${queue.length} fills: ${left.length} of them are asked for one by one: ${origin}: ${text}`, { request: queue[0].fill.request });
    }
    await runRemote(exchange, left);
  }
  await Promise.all(queue.map(({ report }) => report.elsewhere));
}

/**
 * Runs fills as one request whose answer brings each as its handler finishes. Throws if it ends without all of them.
 * @param {Queued[]} queue
 * @param {string} origin
 * @param {string} secret that it knows
 */
async function runBatch(queue, origin, secret) {
  const fills = queue.map(({ fill }) => fill);
  const reports = queue.map(({ report }) => report);
  const over = new AbortController();
  const end = allLeft(reports).then(() => {
    over.abort();
    return { done: /** @type {const} */ (true), value: undefined };
  });
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} */
  let reader;
  try {
    const headers = new Headers([...siteFields(fills, [["content-type", "application/json"], ["authorization", `Bearer ${secret}`]])]);
    const response = await fetch(new Request(origin + fillsPath, {
      method: "POST", headers, body: encodeFills(fills), redirect: "manual", signal: over.signal,
    }));
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      throw new Error(`status ${response.status} for a batch of fills`);
    }
    const frames = new FrameDecoder(fills.length, Math.max(...fills.map((f) => f.maxBytes)));
    reader = response.body.getReader();
    while (reports.some(isAwaited)) {
      const { done, value } = await Promise.race([reader.read(), end]);
      if (done) break;
      for (const frame of frames.push(value)) reports[frame.index].frame(frame);
    }
    if (reports.some(isAwaited)) frames.end();
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

/**
 * Goes where a redirect leads that answered a fill of a batch: app.wasm is asked again, or the origin, for this fill alone.
 * @param {Exchange} exchange @param {Fill} fill @param {Report} report @param {import("./frames.mjs").Frame} frame
 */
async function follow(exchange, fill, report, frame) {
  let url = fill.url || appBase + fill.src;
  try {
    for (let answer = frame; ; ) {
      const next = redirectTarget(url, answer.status, answer.headers.location);
      if (next === null || report.heard.length > maxRedirects) return report.end(located(fill, { ...answer, redirects: report.heard.slice(0, -1) }));
      if (fill.url !== "") return report.end(await fetchRemote(exchange.env, fill, report, next));
      url = next;
      const frames = new FrameDecoder(1, fill.maxBytes);
      const batch = encodeFills([{ src: url.slice(appBase.length), fields: unconditional(fill.fields), trace: traceOf(fill), document: fill.document }]);
      /** @type {import("./frames.mjs").Frame[]} */
      const got = [];
      report.lines();
      const begin = () => {
        if (report.ended) return null;
        report.begins();
        return batch;
      };
      await appFills(begin, (bytes) => got.push(...frames.push(bytes)), report.over, appOf(exchange, fill.request));
      if (report.ended) return;
      frames.end();
      answer = got[0];
      if (answer.failure !== "") return report.frame(answer);
      report.heard.push(answer);
    }
  } catch (error) {
    report.failed(error, url);
  }
}

/**
 * Asks for fills one by one, six at a time with those that this request has under way already.
 * @param {Exchange} exchange @param {Queued[]} fills
 */
async function runRemote(exchange, fills) {
  const { line } = exchange;
  for (const { report } of fills) report.led.waits = true;
  line.push(...fills);
  const lane = async () => {
    exchange.lanes++;
    for (let next = line.shift(); next !== undefined; next = line.shift()) {
      const { fill, report } = next;
      if (report.ended || report.led.moved) continue;
      report.led.waits = false;
      try {
        report.end(await fetchRemote(exchange.env, fill, report, fill.url));
      } catch (error) {
        report.failed(error, fill.url);
      }
    }
    exchange.lanes--;
  };
  while (exchange.lanes < maxConnecting && line.length > 0) lane();
  for (const { report } of line) report.led.waited = true;
  await Promise.all(fills.map(({ report }) => report.over));
}

/**
 * What a request for several fills carries: the site's own fields, each once, and its own.
 * @param {Fill[]} fills @param {[string, string][]} own
 */
const siteFields = (fills, own) => new Map([...traceOf({ ...fills[0], fields: [] }), ...fills.flatMap((f) => [...f.constant, ...f.vouching]), ...own]);

class TooLarge extends Error {}

/**
 * Asks a remote origin or a binding, and where its redirects lead. Of an answer that can be no fragment by its status, the
 * body is left alone, as is that of what was asked for as a page and is none: events have no end, and a download may be long, for which
 * the visitor who wants it would wait.
 * @param {any} env @param {Fill} fill @param {Report} report @param {string} url
 * @returns {Promise<Answer>}
 */
async function fetchRemote(env, fill, report, url) {
  const { heard, abort: { signal } } = report;
  const target = fill.binding === "" ? { fetch: (/** @type {any[]} */ ...a) => fetch(.../** @type {[any]} */ (a)) } : env[fill.binding];
  if (typeof target?.fetch !== "function") throw new Error(`there is no service binding ${fill.binding}: name it in wrangler.toml`);
  for (;;) {
    const fields = heard.length === 0 ? fill.fields : unconditional(fill.fields);
    const response = await target.fetch(new Request(url, {
      headers: [...fields, ...traceOf(fill), ...fill.constant, ...fill.vouching, ["accept-encoding", "identity"], ["inlay-fill", "1"], ["surrogate-capability", capability], ...asksFor(fill)], redirect: "manual", signal,
    }));
    if (response.headers.get("inlay-fills") === "1") takesBatches.add(new URL(url).origin);
    const answer = { status: response.status, headers: headersOf(response) };
    heard.push(answer);
    if (answer.status === 200 && (!fill.document || isHTML(answer.headers["content-type"]))) return { ...answer, body: await readBody(response, fill.maxBytes), redirects: heard.slice(0, -1) };
    const body = fill.page && hasOwnPage(answer.status) ? await ownPage(response, answer, fill.maxBytes) : new Uint8Array(0);
    await response.body?.cancel().catch(() => {});
    const next = nextOf(fill, url, answer);
    if (next === null || heard.length > maxRedirects) return located(fill, { ...answer, body, redirects: heard.slice(0, -1) });
    url = next;
  }
}

/**
 * Whether a redirect of a fill is the visitor's: a page requires it, and it is of the handlers or the origin that the site's paths
 * go to.
 * @param {Fill} fill
 */
const isVisitors = (fill) => fill.page === true && fill.binding === "" && fill.src.startsWith("/");

/** A page of the origin is asked for as a browser would, unless its Vary names that. @param {Fill} fill @returns {[string, string][]} */
const asksFor = (fill) => (fill.document && !fill.fields.some(([name]) => name === "accept") ? [["accept", "text/html"]] : []);

/**
 * Where a fill goes on; null: nowhere. What another URL answers is not the page of this one.
 * @param {Fill} fill @param {string} url @param {Hop} answer
 */
const nextOf = (fill, url, { status, headers }) => (fill.document || isVisitors(fill) ? null : redirectTarget(url, status, headers.location));

/**
 * An answer as the core gets it: with where its redirect leads the visitor as its location, or without one.
 * @param {Fill} fill @param {Answer} answer @returns {Answer}
 */
function located(fill, answer) {
  const { location, ...headers } = answer.headers;
  if (location === undefined) return answer;
  const base = fill.url || appBase + fill.src;
  const prefix = base.endsWith(fill.src) ? base.slice(0, base.length - fill.src.length) : base;
  const leads = isVisitors(fill) ? visitorsLocation(prefix, base, answer.status, location) : "";
  return { ...answer, headers: leads === "" ? headers : { ...headers, location: leads } };
}

/**
 * The origin's own page for 404 or 410; empty if it cannot be shown, and the site's is.
 * @param {Response} response @param {Hop} answer @param {number} maxBytes
 */
async function ownPage(response, { status, headers }, maxBytes) {
  const none = new Uint8Array(0);
  if (!["", "identity"].includes((headers["content-encoding"] ?? "").trim().toLowerCase())) return none;
  try {
    const body = await readBody(response, maxBytes);
    return status === 404 && decoder.decode(body) === "404 page not found\n" ? none : body; // that of net/http
  } catch (error) {
    if (error instanceof TooLarge) return none;
    throw error;
  }
}

/** @param {string} [type] a Content-Type; in which charset is not looked at */
const isHTML = (type = "") => type.split(";", 1)[0].trim().toLowerCase() === "text/html";

/** @param {Response} response @param {number} maxBytes */
async function readBody(response, maxBytes) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let size = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw new TooLarge();
    }
    chunks.push(value);
  }
  const body = new Uint8Array(size);
  let end = 0;
  for (const chunk of chunks) {
    body.set(chunk, end);
    end += chunk.length;
  }
  return body;
}

/** @param {Response} response */
function headersOf(response) {
  /** @type {Record<string, string>} */
  const headers = {};
  for (const [name, value] of response.headers) headers[name] = value;
  return headers;
}
