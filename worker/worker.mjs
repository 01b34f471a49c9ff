// @ts-check
// The Worker's entry: every request becomes an exchange with the isolate's one core.

import { ConfigError, Core } from "./core.mjs";
import { Exchange } from "./exchange.mjs";
import { appInstances } from "./app-instances.mjs";

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

/** @param {Response} response */
function withDebug(response) {
  response.headers.set("inlay-app-instances", String(appInstances()));
  return response;
}

export default {
  /** @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Response | Promise<Response>} */
  fetch(request, env, ctx) {
    try {
      const exchange = new Exchange(request, env, ctx, () => coreOf(env));
      const answer = exchange.answer();
      if (!exchange.core.settings.debug) return answer;
      return answer instanceof Response ? withDebug(answer) : answer.then((r) => (exchange.passed ? r : withDebug(r)));
    } catch (error) {
      if (error instanceof ConfigError) return misconfigured(error, env);
      throw error;
    }
  },
};
