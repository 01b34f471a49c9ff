// @ts-check
// What is no page goes to the origin as it came: method, header and body; its answer comes back as it is. Only the fields
// in which inlay and its origins tell each other things, Inlay-…, cross in neither direction.

import { SilenceError, appFetch } from "./app-instances.mjs";
import { route } from "./front.mjs";
import { forwardsLeft, hasHops, takeAnswersHops } from "./hops.mjs";
import { within } from "./log.mjs";
import { failure, shownFor } from "./not-found.mjs";
import { composed, headAlone } from "./open-page.mjs";
import { error as sayError, lastWords, nameOf, namedAs, warn } from "./say.mjs";
import { quietly } from "./view.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {import("./forwarded.mjs").Came} Came */

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
    warn(`an answer to ${exchange.request.method} purges nothing, as its field names nothing; groups are strings in quotes: ${text.slice(0, 200)}`, { request: nameOf(exchange.request) });
  }
  exchange.settle();
  const { purging } = exchange;
  if (purging !== null) await within(purgeWait, () => purging).catch(() => {});
}

/**
 * What the origin is asked, which is not always what came.
 * @param {Exchange} exchange @param {string} came the target, with which the URL ends @returns {Request}
 */
function asked({ request, target }, came) {
  return target === "" || target === came ? request : new Request(request.url.slice(0, -came.length) + target, request);
}

/** @param {Exchange} exchange @param {string} target @returns {Promise<Response>} */
async function answerOf(exchange, target) {
  const { env, ctx } = exchange;
  const request = asked(exchange, target);
  const { front, settings: { origin } } = exchange.core;
  const came = front.came(exchange.request);
  if (forwardsLeft(request) === 0) {
    if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
    return failure(request, exchange.core.shells, false, 501, "", "Nobody behind may be asked."); // TRACE: what came in is nothing to be shown
  }
  const back = (/** @type {Response} */ response) => outward(headAlone(exchange, response), exchange, came);
  if (origin === "") {
    try {
      const response = await shownFor(await appFetch(inward(request, exchange, came), env, ctx), exchange.core.shells);
      return (await composed(exchange, target, response, back)) ?? back(response);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const [said, trace] = lastWords(text);
      sayError(`${request.method} ${target}: ${said}`, { request: nameOf(exchange.request) }, trace);
      const silent = error instanceof SilenceError;
      return badGateway(exchange, text, silent ? "The site's own handlers have not answered." : "The site's own handlers have ended without an answer.");
    }
  }
  try {
    // Redirects are for the client to follow. An upgrade's answer carries its WebSocket along.
    const response = await fetch(inward(origin === route ? request : at(origin, exchange.target || target, request), exchange, came), { redirect: "manual" });
    return (await composed(exchange, target, response, back)) ?? back(response);
  } catch (error) {
    const text = origin === route ? `the server behind the route cannot be reached: ${error}` : `the origin ${origin} cannot be reached: ${error}`;
    sayError(text, { request: nameOf(exchange.request) });
    return badGateway(exchange, text, "The origin cannot be reached.");
  }
}

/**
 * The request, of the origin. The target is resolved on its own, so that nothing in it is read as more of the origin than its path.
 * @param {string} origin @param {string} target @param {Request} request
 */
function at(origin, target, request) {
  const { pathname, search } = new URL(`http://target.inlay.internal${target}`);
  return new Request(origin + pathname + search, request);
}

/** @param {Exchange} exchange @param {string} detail for development @param {string} general for visitors */
function badGateway(exchange, detail, general) {
  const { shells, settings } = exchange.core;
  return failure(exchange.request, shells, settings.dev, 502, detail, general);
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

/**
 * Without what a visitor must not tell an origin, and with what a proxy tells one of him.
 * @param {Request} request @param {Exchange} exchange @param {Came} came
 */
function inward(request, { core, host, shell, request: { url } }, came) {
  const headers = stripped(request.headers) ?? new Headers(request.headers);
  core.front.inward(headers, came, host);
  headers.set("surrogate-capability", capability);
  if (shell && request.method === "GET" && (/text\/html/i.test(headers.get("accept") ?? "") || isOfSlot(url))) askWhole(headers);
  const left = forwardsLeft(request);
  if (left !== null) headers.set("max-forwards", String(left - 1));
  return namedAs(new Request(request, { headers }), request);
}

/** Whether a request is for one slot of a page, which scripts ask for with any Accept. @param {string} url */
const isOfSlot = (url) => new URL(url).searchParams.has("inlay-slot");

/** What an origin may do for a surrogate (Edge Architecture Specification 1.0, section 3). */
export const capability = 'inlay="ESI/1.0"';

/**
 * What is to be composed has to come whole, and so that it can be read: what a visitor has of it is not what the origin knows.
 * @param {Headers} headers
 */
function askWhole(headers) {
  for (const name of ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range"]) headers.delete(name);
  const readable = ["gzip", "br"].filter((name) => new RegExp(`(?:^|[\\s,])${name}(?:$|[\\s,;])`, "i").test(headers.get("accept-encoding") ?? ""));
  headers.set("accept-encoding", readable.join(", ") || "identity");
}

/** @param {Response} response @param {Exchange} exchange @param {Came} came */
function outward(response, { core }, came) {
  let headers = stripped(response.headers);
  headers = core.front.outward(headers ?? response.headers, came) ?? headers;
  const { status, statusText, webSocket } = /** @type {any} */ (response);
  if (status !== 101 && hasHops(response.headers)) takeAnswersHops(headers ??= new Headers(response.headers));
  if (headers === null) return response;
  return new Response(response.body, /** @type {any} */ ({ status, statusText, headers, webSocket }));
}
