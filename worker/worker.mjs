// @ts-check
// The Worker's entry.

import { Isolate } from "./isolate.mjs";

export { PurgeLog } from "./purge-log.mjs";
export { RegionFill } from "./region.mjs";

const isolate = new Isolate();

export default {
  /** @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Response | Promise<Response>} */
  fetch: (request, env, ctx) => isolate.fetch(request, env, ctx),
};
