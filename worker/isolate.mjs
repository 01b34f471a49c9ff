// @ts-check
// What an isolate serves the site with: every request becomes an exchange with the isolate's one core.

import { ConfigError, Core } from "./core.mjs";
import { Opening } from "./exchange.mjs";
import { Shells, failure } from "./not-found.mjs";
import pages from "./pages.bin";
import { rehearse } from "./rehearsal.mjs";
import { error as sayError, logAs, nameOf } from "./say.mjs";

/**
 * While one debugs, an answer says what its request is called in the log.
 * @param {Response | Promise<Response>} answer @param {Request} request
 */
async function named(answer, request) {
  const response = await answer;
  try {
    response.headers.set("inlay-request", nameOf(request));
    return response;
  } catch { // it is as another has made it
    const { status, statusText, webSocket } = /** @type {any} */ (response);
    const headers = new Headers(response.headers);
    headers.set("inlay-request", nameOf(request));
    return new Response(response.body, /** @type {any} */ ({ status, statusText, headers, webSocket }));
  }
}

export class Isolate {
  constructor() {
    rehearse();
    /** The one core, if it has begun. @type {Core | null} */
    this.core = null;
    /** The first, which has not yet. Made at module scope: a Worker is loaded while its first visitor shakes hands. @type {Core | null} */
    this.next = new Core(null);
    /** The site's pages, as pages.bin has them; undefined: those of pages.bin. @type {ArrayBuffer | undefined} */
    this.shells = undefined;
    /** Which they are, where there is more than one. */
    this.edition = "";
    /** The last refusal of the variables that was logged: once is enough. */
    this.logged = "";
    this.opening = new Opening((env) => this.coreOf(env));
  }

  /** The core begins in the first request, since there is no clock before, and another after a crash. @param {any} env */
  coreOf(env) {
    const { core } = this;
    return core === null || core.crashed ? this.begun(env) : core;
  }

  /** @param {any} env @returns {Core} */
  begun(env) {
    const core = this.next ?? new Core(null, this.shells, this.edition);
    this.next = null;
    core.begin(env);
    this.core = core;
    return core;
  }

  /** @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Response | Promise<Response>} */
  fetch(request, env, ctx) {
    try {
      const answer = this.opening.answer(request, env, ctx);
      return this.core?.settings.debug ? named(answer, request) : answer;
    } catch (error) {
      if (error instanceof ConfigError) return this.misconfigured(error, request, env);
      throw error;
    }
  }

  /** @param {ConfigError} error @param {Request} request @param {any} env */
  misconfigured(error, request, env) {
    logAs(env);
    if (this.logged !== error.message) sayError(error.message, { request: nameOf(request) });
    this.logged = error.message;
    const dev = ["1", "true"].includes(env.INLAY_DEV);
    return failure(request, new Shells(this.shells ?? pages), dev, 500,
      `inlay cannot start.\n${error.message}`, "This site is not configured correctly; its log says why.");
  }
}
