// @ts-check
// app.wasm: each batch of fills, and each request that no page answers, gets an instance of its own.

import { Instance } from "./go.mjs";

let started = 0;

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
  return new Instance(setVariables(env), ctx).start();
}

/** An end that nobody waits for: of what a handler left behind. @param {Instance} app */
function logEnd(app) {
  app.ended.catch((error) => console.error(`inlay: ${error.message}`));
}

/**
 * Runs a batch of fills. Settles when each has its frame or nobody waits for the rest; is rejected when the instance has
 * ended before, or takes no such batch.
 * @param {Uint8Array} batch
 * @param {(frame: Uint8Array) => void} write gets each frame as soon as its handler has finished
 * @param {Promise<unknown>} late settles when nobody waits for the rest any more
 * @param {any} env
 * @param {ExecutionContext} ctx
 */
export async function appFills(batch, write, late, env, ctx) {
  const app = await start(env, ctx);
  /** @type {() => void} */
  let cancel = () => {};
  const done = new Promise((resolve, reject) => {
    // Called by Go, where an exception would be a panic.
    const take = (/** @type {Uint8Array} */ frame) => {
      try {
        write(frame);
      } catch (error) {
        reject(error);
      }
    };
    const end = (/** @type {string} */ refused) => (refused === "" ? resolve(undefined) : reject(new Error(refused)));
    cancel = app.context.binding.runFills(batch, take, end);
  });
  await Promise.race([done, app.ended, late]).finally(() => {
    cancel();
    app.flush();
  });
  logEnd(app);
}

/**
 * Answers a request. Is rejected when the instance or its handler has ended without an answer.
 * @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Promise<Response>}
 */
export async function appFetch(request, env, ctx) {
  const app = await start(env, ctx);
  /** The end of the handler by something else than its return, or of the whole instance. @type {Promise<never>} */
  const broken = new Promise((_, reject) => {
    app.context.binding.breakOff = (/** @type {string} */ text) => reject(new Error(text));
    app.ended.catch(reject);
  });
  broken.catch(() => {});
  try {
    // Go answers with undefined if it ends in this very call.
    const answer = app.context.binding.handleRequest(request) ?? broken;
    return followed(request, await Promise.race([broken, answer]), broken, app);
  } finally {
    app.flush();
  }
}

/**
 * An answer whose body breaks off where its handler does: an instance that has ended can end no stream any more.
 * @param {Request} request @param {Response} response @param {Promise<never>} broken @param {Instance} app
 */
function followed(request, response, broken, app) {
  if (response.body === null || request.method === "HEAD") {
    response.body?.cancel().catch(() => {});
    logEnd(app);
    return new Response(null, response);
  }
  const length = response.headers.get("content-length");
  const { readable, writable } = length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  const writer = writable.getWriter();
  let over = false;
  broken.catch((error) => {
    if (over) return;
    console.error(`inlay: ${request.method} ${new URL(request.url).pathname} broke off: ${error.message}`);
    writer.abort(error).catch(() => {});
  });
  pump(response.body.getReader(), writer).catch(() => {}).finally(() => {
    over = true;
    app.flush();
    if (!app.over) logEnd(app);
  });
  return new Response(readable, response);
}

/**
 * pipeTo waits for ever between two streams of fixed length.
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader @param {WritableStreamDefaultWriter<Uint8Array>} writer
 */
async function pump(reader, writer) {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await writer.write(value);
    }
    await writer.close();
  } catch (error) {
    writer.abort(error).catch(() => {});
    await reader.cancel(error);
  }
}
