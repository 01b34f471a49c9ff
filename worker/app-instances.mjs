// @ts-check
// app.wasm, in the hands of syumai/workers: each call starts an instance of its own.

import app from "./app.mjs";

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

/** @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Promise<Response>} */
export function appFetch(request, env, ctx) {
  started++;
  return app.fetch(request, setVariables(env), ctx);
}
