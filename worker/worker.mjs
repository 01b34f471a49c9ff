// @ts-check
// The Worker's entry: every request becomes an exchange with the isolate's one core.

import { ConfigError, Core } from "./core.mjs";
import { Opening } from "./exchange.mjs";

/** @type {Core | null} */
let core = null;

/** The isolate's core: made in its first request, since there is no clock before, and again after a crash. @param {any} env */
function coreOf(env) {
  if (core === null || core.crashed) core = new Core(env);
  return core;
}

/** The last refusal of the variables that was logged: once is enough. */
let logged = "";

/** @param {ConfigError} error @param {any} env */
function misconfigured(error, env) {
  if (logged !== error.message) console.error(`inlay: ${error.message}`);
  logged = error.message;
  const dev = ["1", "true"].includes(env.INLAY_DEV);
  const text = dev ? `inlay cannot start.\n${error.message}\n` : "This site is not configured correctly; its log says why.\n";
  return new Response(text, {
    status: 500,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}

const opening = new Opening(coreOf);

export default {
  /** @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Response | Promise<Response>} */
  fetch(request, env, ctx) {
    try {
      return opening.answer(request, env, ctx);
    } catch (error) {
      if (error instanceof ConfigError) return misconfigured(error, env);
      throw error;
    }
  },
};
