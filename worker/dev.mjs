// @ts-check
// What inlay dev puts into the Worker in place of worker.mjs, so that a saved shell is served without a restart of the
// Worker, and so that one can be asked which version it is. It is not among the modules of a Worker that is built.

import * as app from "./app-instances.mjs";
import { settings } from "./dev-settings.mjs";
import { Isolate } from "./isolate.mjs";

export { PurgeLog } from "./purge-log.mjs";
export { RegionFill } from "./region.mjs";

const versionPath = "/_inlay/dev/version";

const isolate = new Isolate();

/** Shells are numbered, and pages.bin has the first. A request names those that it is to be answered with. */
let shells = settings.shells;

/** Fetches shells, and begins with an empty cache; requests that are under way end with those they began with. @param {number} wanted */
async function renew(wanted) {
  const response = await fetch(`${settings.from}${wanted}`);
  if (response.status === 410) return; // there are newer ones, and this request has waited too long to get these
  if (!response.ok) throw new Error(`inlay dev does not have the shells: status ${response.status}`);
  const bytes = await response.arrayBuffer();
  if (wanted <= shells) return; // another request was faster
  isolate.shells = bytes;
  isolate.edition = `-${wanted}`;
  isolate.core = isolate.next = null;
  shells = wanted;
}

/**
 * Which version this is, and whether its program starts.
 * @param {any} env @param {ExecutionContext} ctx
 */
async function version(env, ctx) {
  let ended = "";
  try {
    await app.appStarts(env, ctx);
  } catch (error) {
    ended = error instanceof Error ? error.message : String(error);
  }
  return Response.json({ version: settings.version, ended });
}

export default {
  /** @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Response | Promise<Response>} */
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === versionPath) {
      // Nobody else knows it: a page that finds wrangler's port starts nothing, and is told nothing.
      if (request.headers.get("inlay-dev-from") === settings.from) return version(env, ctx);
      return new Response("404 page not found\n", { status: 404 });
    }
    const wanted = Number(request.headers.get("inlay-dev-pages"));
    if (!(wanted > shells)) return isolate.fetch(request, env, ctx);
    return renew(wanted).then(() => isolate.fetch(request, env, ctx));
  },
};
