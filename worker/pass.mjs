// @ts-check
// What is no page goes to the origin as it came: method, header and body; its answer comes back as it is.

import { appFetch } from "./app-instances.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */

/** @param {Exchange} exchange @param {string} target @returns {Promise<Response>} */
export async function passThrough(exchange, target) {
  const { request, env, ctx } = exchange;
  const origin = exchange.core.settings.origin;
  if (origin === "") {
    try {
      return await appFetch(request, env, ctx);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      console.error(`inlay: ${request.method} ${target}: ${text}`);
      return badGateway(exchange, text, "The site's own handlers have ended without an answer.");
    }
  }
  // Resolved on its own, so that no dot segment leads out of the origin's path.
  const { pathname, search } = new URL(`http://target.inlay.internal${target}`);
  try {
    // Redirects are for the client to follow. An upgrade's answer carries its WebSocket along.
    return await fetch(new Request(origin + pathname + search, request), { redirect: "manual" });
  } catch (error) {
    const text = `the origin ${origin} cannot be reached: ${error}`;
    console.error(`inlay: ${text}`);
    return badGateway(exchange, text, "The origin cannot be reached.");
  }
}

/** @param {Exchange} exchange @param {string} detail for development @param {string} general for visitors */
function badGateway(exchange, detail, general) {
  return new Response(`${exchange.core.settings.dev ? detail : general}\n`, {
    status: 502,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}
