// @ts-check
// What is no page goes to the origin as it came: method, header and body; its answer comes back as it is. Only the fields
// in which inlay and its origins tell each other things, Inlay-…, cross in neither direction.

import { SilenceError, appFetch } from "./app-instances.mjs";
import { within } from "./log.mjs";
import { failure, shownFor } from "./not-found.mjs";
import { quietly } from "./view.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const safe = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** How long an answer waits for the purge log to have what it announces, in milliseconds. */
const purgeWait = 1000;

/** @param {Exchange} exchange @param {string} target @returns {Promise<Response>} */
export async function passThrough(exchange, target) {
  const response = await answerOf(exchange, target);
  if (!safe.has(exchange.request.method) && response.status >= 200 && response.status < 400) await announced(exchange, response.headers);
  return response;
}

/**
 * What an answer says has changed with it is purged before it is given (RFC 9875).
 * @param {Exchange} exchange @param {Headers} headers
 */
async function announced(exchange, headers) {
  const core = exchange.cores(exchange.env); // there may be another by now
  const { purgeField } = core.settings;
  const groups = headers.get("cache-group-invalidation") ?? "";
  const tags = (purgeField && headers.get(purgeField)) ?? "";
  if (groups === "" && tags === "") return;
  if (exchange.core !== core) {
    exchange.core = core;
    exchange.id = core.nextId();
  }
  let named = true;
  quietly(() => (named = core.passEnd(exchange, groups, tags)));
  if (!named) {
    const text = groups === "" ? `${purgeField}: ${tags}` : `Cache-Group-Invalidation: ${groups}`;
    console.warn(`inlay: an answer to ${exchange.request.method} purges nothing, as its field names nothing; groups are strings in quotes: ${text.slice(0, 200)}`);
  }
  exchange.settle();
  const { purging } = exchange;
  if (purging !== null) await within(purgeWait, () => purging).catch(() => {});
}

/** @param {Exchange} exchange @param {string} target @returns {Promise<Response>} */
async function answerOf(exchange, target) {
  const { request, env, ctx } = exchange;
  const origin = exchange.core.settings.origin;
  if (origin === "") {
    try {
      return outward(await shownFor(await appFetch(inward(request, exchange.host), env, ctx), exchange.core.shells));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      console.error(`inlay: ${request.method} ${target}: ${text}`);
      const silent = error instanceof SilenceError;
      return badGateway(exchange, text, silent ? "The site's own handlers have not answered." : "The site's own handlers have ended without an answer.");
    }
  }
  try {
    // Resolved on its own, so that nothing in it is read as more of the origin than its path.
    const { pathname, search } = new URL(`http://target.inlay.internal${target}`);
    // Redirects are for the client to follow. An upgrade's answer carries its WebSocket along.
    const inner = new Request(origin + pathname + search, request);
    return outward(await fetch(withoutHops(inward(inner, exchange.host)), { redirect: "manual" }));
  } catch (error) {
    const text = `the origin ${origin} cannot be reached: ${error}`;
    console.error(`inlay: ${text}`);
    return badGateway(exchange, text, "The origin cannot be reached.");
  }
}

/** @param {Exchange} exchange @param {string} detail for development @param {string} general for visitors */
function badGateway(exchange, detail, general) {
  const { shells, settings } = exchange.core;
  return failure(exchange.request, shells, settings.dev, 502, detail, general);
}

/** To some, an underscore is a hyphen. Trailers do not come through a Worker, so none is announced. */
const internal = /^(?:inlay[-_]|trailer$)/i;

/** @param {Headers} headers @returns {Headers | null} without what is internal; null: there is none */
function stripped(headers) {
  const names = [...headers.keys()].filter((name) => internal.test(name));
  if (names.length === 0) return null;
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}

/**
 * Without what a visitor must not tell an origin: what is inlay's to say, under which host he came (which is what his Host
 * says and nothing else), and upgrades to what would be requests that nobody has checked.
 * @param {Request} request @param {string} host of INLAY_HOSTS, "" if there is none
 */
function inward(request, host) {
  const headers = stripped(request.headers) ?? new Headers(request.headers);
  for (const name of ["forwarded", "x-forwarded-host", "x_forwarded_host", "x-forwarded_host", "x_forwarded-host"]) headers.delete(name);
  if (host !== "") headers.set("x-forwarded-host", host);
  const upgrade = headers.get("upgrade");
  if (upgrade !== null && upgrade.trim().toLowerCase() !== "websocket") headers.delete("upgrade");
  headers.delete("http2-settings");
  return new Request(request, { headers });
}

/** Fields that are for one connection, besides those that Connection names (RFC 9110, section 7.6.1); Upgrade is looked at above. */
const hops = ["connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"];

/** @param {Request} request */
function withoutHops(request) {
  const { headers } = request;
  for (const name of (headers.get("connection") ?? "").split(",").map((n) => n.trim().toLowerCase())) {
    if (/^[!#$%&'*+.^_`|~\w-]+$/.test(name) && name !== "upgrade" && name !== "x-forwarded-host") headers.delete(name);
  }
  for (const name of hops) headers.delete(name);
  return request;
}

/** @param {Response} response */
function outward(response) {
  const headers = stripped(response.headers);
  if (headers === null) return response;
  const { status, statusText, webSocket } = /** @type {any} */ (response);
  return new Response(response.body, /** @type {any} */ ({ status, statusText, headers, webSocket }));
}
