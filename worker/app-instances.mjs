// @ts-check
// app.wasm: each request that no page answers gets an instance of its own, and so does each batch of fills, unless instances are
// kept (app-pool.mjs).

import { Kept, Places } from "./app-pool.mjs";
import { Instance } from "./go.mjs";
import { error as sayError, lastWords, nameOf, warn } from "./say.mjs";

/** @typedef {import("./app-pool.mjs").Limits} Limits */

const places = new Places();
const kept = new Kept();

let started = 0;

/** The secret of edge.Fills in this isolate's instances, for a main that hands it to workers.Serve. */
let secret = "";

const fillsUrl = "http://app.inlay.internal/_inlay/fills";

/** Variables that are set, of each env: bare workerd gives null for one that is not, and syumai/workers a text for null. */
const known = new WeakMap();

/** @param {any} env */
function setVariables(env) {
  let set = known.get(env);
  if (set === undefined) {
    set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== null));
    known.set(env, set);
  }
  return set;
}

/** How many instances this isolate has started. */
export function appInstances() {
  return started;
}

/** @param {any} env @param {ExecutionContext} ctx @returns {Promise<Instance>} */
function start(env, ctx) {
  started++;
  secret ||= crypto.randomUUID();
  return new Instance(setVariables(env), ctx, { INLAY_FILLS_SECRET: secret }).start();
}

/**
 * Starts an instance for nothing: is rejected if it ends before it is ready for requests.
 * @param {any} env @param {ExecutionContext} ctx
 */
export async function appStarts(env, ctx) {
  await start(env, ctx);
}

/**
 * An end that nobody waits for: of what a handler left behind. workers.Serve returns by itself.
 * @param {Instance} app @param {string} request whose handlers they were
 */
function logEnd(app, request) {
  app.ended.catch((error) => {
    if (error.code === 0) return;
    const [text, trace] = lastWords(error.message);
    sayError(text, { request }, trace);
  });
}

/** What keeps instances from being kept was told. */
let toldWhy = false;

/** @param {string} why @param {string} request @param {string} [trace] */
function tellWhy(why, request, trace) {
  if (!toldWhy) warn(`an instance of app.wasm is not kept: ${why}`, { request }, trace);
  toldWhy = true;
}

/**
 * Runs a batch of fills, once there is a place for it. Settles when each has its frame or nobody waits for the rest; is rejected
 * when the instance has ended before, or takes no such batch.
 * @param {() => Uint8Array | null} next the batch, asked for when it is to begin, and again if what was left of it is to begin anew;
 * null: nobody waits for any of it
 * @param {(frame: Uint8Array) => void} write gets each frame as soon as its handler has finished
 * @param {Promise<unknown>} late settles when nobody waits for the rest any more
 * @param {{ env: any, ctx: ExecutionContext, limits: Limits, request: string }} of  request: what is called so leads them
 */
export async function appFills(next, write, late, { env, ctx, limits, request }) {
  const place = await places.enter(limits.most, late);
  if (place === null) return;
  try {
    for (let again = false; ; again = true) {
      const batch = next();
      if (batch === null) return;
      const app = await instance(env, ctx, limits, again);
      try {
        await runFills(app, batch, write, late, limits, request);
        return;
      } catch (error) {
        if (again || !app.keptAnothers) throw error;
        tellWhy(`a handler has kept something of another request's, and what was left of the batch runs again in a fresh one: ${error}`, request);
      }
    }
  } finally {
    places.leave(place);
  }
}

/** @param {any} env @param {ExecutionContext} ctx @param {Limits} limits @param {boolean} fresh whether it has to be */
async function instance(env, ctx, limits, fresh) {
  const idle = fresh ? null : kept.take(setVariables(env));
  if (idle !== null) {
    idle.wake(setVariables(env), ctx);
    return idle;
  }
  kept.shrink(Math.max(0, Math.min(limits.kept, limits.most - places.held.size)));
  const app = await start(env, ctx);
  if (limits.kept > 0) app.atRest = app.goroutines();
  return app;
}

/**
 * @param {Instance} app @param {Uint8Array} batch @param {(frame: Uint8Array) => void} write @param {Promise<unknown>} late
 * @param {Limits} limits @param {string} request
 */
async function runFills(app, batch, write, late, limits, request) {
  const { binding } = app.context;
  if (binding.runFills === undefined) {
    if (limits.kept > 0) tellWhy("its main has to call instance.Serve(handler)", request);
    return askForFills(app, batch, write, late, request);
  }
  app.batches++;
  let finished = false;
  const done = new Promise((resolve, reject) => {
    // Called by Go, where an exception would be a panic.
    const take = (/** @type {Uint8Array} */ frame) => {
      try {
        write(frame);
      } catch (error) {
        reject(error);
      }
    };
    const end = (/** @type {string} */ refused) => {
      finished = refused === "";
      if (finished) resolve(undefined);
      else reject(new Error(refused));
    };
    binding.runFills(batch, take, end);
  });
  try {
    await Promise.race([done, app.ended, late]);
  } finally {
    if (!finished) binding.cancelFills();
    app.flush();
  }
  if (finished && await isAtRest(app, request)) kept.give(app, limits.kept);
  else logEnd(app, request);
}

/** Whether nothing is left of a batch, now or after a few turns, in which what is only about to end does. @param {Instance} app @param {string} request */
async function isAtRest(app, request) {
  if (app.atRest < 0) return false;
  let left = 0;
  for (let turn = 0; turn < 3 && !app.over; turn++) {
    if (turn > 0) await new Promise((resolve) => setTimeout(resolve, 0));
    left = app.goroutines() - app.atRest;
    if (left < 0) {
      app.atRest += left; // one that main itself had started has ended meanwhile
      left = 0;
    }
    if (left === 0) return !app.over;
  }
  if (!app.over) tellWhy(`goroutines that are left of its batch: ${left}; of all of them:`, request, app.context.binding.goroutineStacks());
  return false;
}

/**
 * Runs a batch of fills as one request, for a main that is workers.Serve(edge.Fills(handler)).
 * @param {Instance} app
 * @param {Uint8Array} batch
 * @param {(frame: Uint8Array) => void} write
 * @param {Promise<unknown>} late @param {string} name of the request that leads them
 */
async function askForFills(app, batch, write, late, name) {
  const request = new Request(fillsUrl, {
    method: "POST", body: batch, headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
  });
  // Go answers with undefined if it ends in this very call.
  const response = await Promise.race([app.context.binding.handleRequest(request) ?? app.ended, app.ended]);
  if (response.headers.get("content-type") !== "application/vnd.inlay.frames") {
    response.body?.cancel().catch(() => {});
    throw new Error("app.wasm takes no fills: its main has to call instance.Serve(handler), or workers.Serve(edge.Fills(handler))");
  }
  const reader = response.body.getReader();
  const read = after(app.ended);
  let cut = false;
  const left = late.then(() => {
    cut = true;
    return { done: true, value: undefined };
  });
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), left, read]);
      if (done) break;
      write(value);
    }
  } finally {
    reader.cancel().catch(() => {});
    app.flush();
  }
  // At a stream that was cancelled syumai/workers panics: what the program then ends of is inlay's own doing.
  if (!cut) logEnd(app, name);
}

/**
 * Rejected as the end of an instance is, but a turn later: what it has put into a stream before can still be read.
 * @param {Promise<never>} ended @returns {Promise<never>}
 */
function after(ended) {
  const later = ended.catch(async (error) => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    throw error;
  });
  later.catch(() => {});
  return later;
}

/**
 * How long a request that no page answers waits for its answer's head, in seconds. Longer than long polls are held (30 s, as a
 * rule), and than a fill may take; what comes after the head may take as long as it likes.
 */
const longestSilence = 45;

/** A handler that has not answered in that time. */
export class SilenceError extends Error {}

/**
 * Rejected when a request has had no answer for too long. Its timer also keeps the runtime from ending a request that waits for
 * nothing else, as that of a handler that is stuck does, with an answer of its own.
 */
function silence() {
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  /** @type {Promise<never>} */
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new SilenceError(`no answer within ${longestSilence} s`)), longestSilence * 1000);
  });
  return { over, end: () => clearTimeout(timer) };
}

/**
 * Answers a request. Is rejected when the instance or its handler has ended without an answer, or is silent for too long.
 * @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Promise<Response>}
 */
export async function appFetch(request, env, ctx) {
  const silent = silence();
  /** @type {Instance | null} */
  let app = null;
  try {
    const made = await Promise.race([start(env, ctx), silent.over]);
    app = made;
    /** The end of the handler by something else than its return, or of the whole instance. @type {Promise<never>} */
    const broken = new Promise((_, reject) => {
      made.context.binding.breakOff = (/** @type {string} */ text) => reject(new Error(text));
      after(made.ended).catch(reject);
    });
    broken.catch(() => {});
    // Go answers with undefined if it ends in this very call.
    const answer = made.context.binding.handleRequest(request) ?? broken;
    return followed(request, await Promise.race([broken, answer, silent.over]), broken, made);
  } finally {
    silent.end();
    app?.flush();
  }
}

/**
 * An answer whose body breaks off where its handler does: an instance that has ended can end no stream any more.
 * @param {Request} request @param {Response} response @param {Promise<never>} broken @param {Instance} app
 */
function followed(request, response, broken, app) {
  if (response.body === null || request.method === "HEAD") {
    response.body?.cancel().catch(() => {});
    logEnd(app, nameOf(request));
    return new Response(null, response);
  }
  const length = response.headers.get("content-length");
  const { readable, writable } = length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  const writer = writable.getWriter();
  pump(response.body.getReader(), writer, broken)
    .catch((error) => {
      const [text, trace] = lastWords(error.message);
      sayError(`${request.method} ${new URL(request.url).pathname} broke off: ${text}`, { request: nameOf(request) }, trace);
    })
    .finally(() => {
      app.flush();
      if (!app.over) logEnd(app, nameOf(request));
    });
  return new Response(readable, response);
}

/**
 * pipeTo waits for ever between two streams of fixed length. Is rejected if the answer broke off; that its reader has gone
 * is no matter.
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader @param {WritableStreamDefaultWriter<Uint8Array>} writer
 * @param {Promise<never>} broken
 */
async function pump(reader, writer, broken) {
  for (;;) {
    let next;
    try {
      next = await Promise.race([reader.read(), broken]);
    } catch (error) {
      writer.abort(error).catch(() => {});
      reader.cancel(error).catch(() => {});
      throw error;
    }
    try {
      if (next.done) return await writer.close();
      await writer.write(next.value);
    } catch (error) {
      await reader.cancel(error).catch(() => {});
      return;
    }
  }
}
