// @ts-check
// What is no page goes to the origin as it came: method, header and body; its answer comes back as it is.

import { appFetch } from "./app-instances.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */

/** @param {Exchange} exchange @param {string} target @returns {Promise<Response>} */
export async function passThrough(exchange, target) {
  const { request, env, ctx } = exchange;
  const origin = exchange.core.settings.origin;
  if (origin === "") return appFetch(request, env, ctx);
  // Resolved on its own, so that no dot segment leads out of the origin's path.
  const { pathname, search } = new URL(`http://target.inlay.internal${target}`);
  try {
    // Redirects are for the client to follow. An upgrade's answer carries its WebSocket along.
    return await fetch(new Request(origin + pathname + search, request), { redirect: "manual" });
  } catch (error) {
    const text = `the origin ${origin} cannot be reached: ${error}`;
    console.error(`inlay: ${text}`);
    return new Response(exchange.core.settings.dev ? `${text}\n` : "The origin cannot be reached.\n", {
      status: 502,
      headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    });
  }
}
