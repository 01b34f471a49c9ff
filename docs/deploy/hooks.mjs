// @ts-check
// main.mjs of a site whose content is changed elsewhere: a CMS that calls a webhook, a timetable, a queue. Each purges in every
// isolate, through the purge log; docs/operating.md, From the site's own code, says what wrangler.toml needs.

import { purge } from "./purge.mjs";
import inlay from "./worker.mjs";

export { PurgeLog, RegionFill } from "./worker.mjs";

const encoder = new TextEncoder();

/** Whether two texts are the same, in a time that tells nothing but their lengths. @param {string} a @param {string} b */
function same(a, b) {
  const [x, y] = [encoder.encode(a), encoder.encode(b)];
  return x.length === y.length && crypto.subtle.timingSafeEqual(x, y);
}

export default {
  /** A webhook in the CMS's own words; all else is inlay's. @param {Request} request @param {any} env @param {any} ctx */
  async fetch(request, env, ctx) {
    if (request.method !== "POST" || new URL(request.url).pathname !== "/hooks/cms") return inlay.fetch(request, env, ctx);
    if (!env.CMS_SECRET || !same(request.headers.get("authorization") ?? "", `Bearer ${env.CMS_SECRET}`)) {
      return new Response("The Authorization field must be: Bearer, and the value of CMS_SECRET.\n", { status: 401 });
    }
    const { model, id } = /** @type {any} */ (await request.json());
    try {
      return Response.json(await purge(env, { tags: [`${model}:${id}`] }));
    } catch (error) {
      return new Response(`${error}\n`, { status: 503 }); // a CMS calls again
    }
  },

  /** Once the night's prices are there. @param {any} event @param {any} env */
  async scheduled(event, env) {
    await purge(env, { tags: ["prices"], soft: true });
  },

  /** What others have put into a queue; if this throws, it is delivered again. @param {any} batch @param {any} env */
  async queue(batch, env) {
    await purge(env, { tags: batch.messages.map((/** @type {any} */ message) => message.body.tag) });
  },
};
