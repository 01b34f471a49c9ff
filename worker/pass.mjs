// @ts-check
// What is no page goes to the origin as it came: method, header and body; its answer comes back as it is. Only the fields
// in which inlay and its origins tell each other things, Inlay-…, cross in neither direction.

import { appFetch } from "./app-instances.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */

/** @param {Exchange} exchange @param {string} target @returns {Promise<Response>} */
export async function passThrough(exchange, target) {
  const { request, env, ctx } = exchange;
  const origin = exchange.core.settings.origin;
  if (origin === "") {
    try {
      return outward(await appFetch(inward(request), env, ctx));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      console.error(`inlay: ${request.method} ${target}: ${text}`);
      return badGateway(exchange, text, "The site's own handlers have ended without an answer.");
    }
  }
  try {
    // Resolved on its own, so that nothing in it is read as more of the origin than its path.
    const { pathname, search } = new URL(`http://target.inlay.internal${target}`);
    // Redirects are for the client to follow. An upgrade's answer carries its WebSocket along.
    return outward(await fetch(inward(new Request(origin + pathname + search, request)), { redirect: "manual" }));
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

/** To some, an underscore is a hyphen. */
const internal = /^inlay[-_]/i;

/** @param {Headers} headers @returns {Headers | null} without what is internal; null: there is none */
function stripped(headers) {
  const names = [...headers.keys()].filter((name) => internal.test(name));
  if (names.length === 0) return null;
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}

/** @param {Request} request */
function inward(request) {
  const headers = stripped(request.headers);
  return headers === null ? request : new Request(request, { headers });
}

/** @param {Response} response */
function outward(response) {
  const headers = stripped(response.headers);
  if (headers === null) return response;
  const { status, statusText, webSocket } = /** @type {any} */ (response);
  return new Response(response.body, /** @type {any} */ ({ status, statusText, headers, webSocket }));
}
