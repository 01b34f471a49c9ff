// @ts-check
// app.wasm, in the hands of syumai/workers: each call starts an instance of its own.

import app from "./app.mjs";

let started = 0;

/** How many instances this isolate has started. */
export function appInstances() {
  return started;
}

/** @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Promise<Response>} */
export function appFetch(request, env, ctx) {
  started++;
  return app.fetch(request, env, ctx);
}
