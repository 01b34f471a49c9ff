// @ts-check
// Administration: what is asked for under /_inlay/, and what is answered. internal/admin does the same natively, and
// internal/admin/testdata holds both to the same bytes.

import { CrashError } from "./core.mjs";
import { figuresText, prometheusText } from "./figures.mjs";
import { expected, listText, parseList, reached, select } from "./list.mjs";

/** @typedef {import("./core.mjs").Core} Core */
/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {{ status: number, fields: [string, string][], text: string }} Answer  fields: without content-length and cache-control */
/** @typedef {{ ask: string, query: string } | { refused: Answer }} Routed  ask: the name of a path, or "page" */

const prefix = "/_inlay/";

/** The methods of what can be asked for. @type {Record<string, string>} */
const methods = Object.assign(Object.create(null), {
  stats: "GET", metrics: "GET", entries: "GET", flights: "GET", failures: "GET", history: "GET", purge: "POST", invalidate: "POST",
});

/** How long a tag or key may be that is purged, in bytes, see internal/admin/purge.go. */
const maxSubject = 8 * 1024 - 8;

/** How many bytes of what is quoted are shown. */
const maxQuoted = 64;

const encoder = new TextEncoder();

/** @param {number} status @param {string} text @param {[string, string][]} fields @returns {Answer} */
const plain = (status, text, ...fields) => ({ status, fields: [["content-type", "text/plain; charset=utf-8"], ...fields], text: `${text}\n` });

/** @param {number} status @param {string} text @returns {Answer} */
const json = (status, text) => ({ status, fields: [["content-type", "application/json"]], text });

/** @param {Answer} answer */
function responseOf({ status, fields, text }) {
  return new Response(text, { status, headers: [...fields, ["cache-control", "no-store"]] });
}

/** Compares in a time that tells nothing but the length. @param {string} a @param {string} b */
function isSame(a, b) {
  if (a.length !== b.length) return false;
  let differ = 0;
  for (let i = 0; i < a.length; i++) differ |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return differ === 0;
}

/** The bearer token of an Authorization field, null if it has none. @param {string} field */
function bearer(field) {
  const space = field.indexOf(" ");
  const scheme = space < 0 ? field : field.slice(0, space);
  return /^bearer$/i.test(scheme) ? field.slice(scheme.length + 1).replace(/^[ \t]+|[ \t]+$/g, "") : null;
}

/**
 * What a request for one of inlay's own paths asks for, or why it gets nothing: everything is 404 unless there is a token; with one, a
 * request needs it as bearer token (RFC 6750, section 2.1).
 * @param {string} method @param {string} target @param {string} authorization the field @param {string} token
 * @returns {Routed}
 */
export function route(method, target, authorization, token) {
  if (token === "") return { refused: plain(404, "There is nothing here.") };
  const [path] = target.split("?", 1);
  const query = target.slice(path.length + 1);
  if (path === prefix && method === "GET") return { ask: "page", query };
  const given = bearer(authorization);
  if (given === null || !isSame(given, token)) return { refused: needsToken() };
  const ask = path.startsWith(prefix) ? path.slice(prefix.length) : "";
  const needed = methods[ask];
  if (needed === undefined) return { refused: plain(404, "There is no such path; see purge, invalidate, stats and metrics under /_inlay/.") };
  if (method !== needed) return { refused: plain(405, `This path takes ${needed} only.`, ["allow", needed]) };
  return { ask, query };
}

const needsToken = () =>
  plain(401, "The Authorization field must be: Bearer, and the value of INLAY_TOKEN.", ["www-authenticate", 'Bearer realm="inlay"']);

/** A name or value of a query, null if it is encoded wrongly. @param {string} text */
export function decodeQuery(text) {
  if (/%(?![0-9a-f]{2})/i.test(text)) return null;
  const bytes = encoder.encode(text.replaceAll("+", " "));
  if (!text.includes("%")) return text.replaceAll("+", " ");
  const decoded = [];
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== 0x25) decoded.push(bytes[i]);
    else {
      decoded.push(parseInt(String.fromCharCode(bytes[i + 1], bytes[i + 2]), 16));
      i += 2;
    }
  }
  return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(new Uint8Array(decoded));
}

/**
 * The subjects that the query of a purge, or of an invalidation, names, or what of it is not understood.
 * @param {string} query @param {boolean} soft
 * @returns {string[] | string}
 */
export function parsePurge(query, soft) {
  const subjects = [];
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeQuery(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decodeQuery(pair.slice(equals + 1));
    let subject = "";
    if (value !== null && value !== "" && !value.includes("\0") && encoder.encode(value).length <= maxSubject) {
      if (name === "tag" || name === "key") subject = `${name}:${value}`;
      else if (name === "all" && value === "1") subject = "all";
    }
    if (subject === "") return `the parameter ${quoted(pair)} was not understood`;
    subjects.push(soft ? `~${subject}` : subject);
  }
  return subjects.length > 0 ? subjects : "the query names nothing";
}

/** A text as it stands in one of JSON: in ASCII, without what would have to be escaped. @param {string} text */
function quoted(text) {
  const bytes = encoder.encode(text);
  const shown = Array.from(bytes.subarray(0, maxQuoted), (byte) => (byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c ? "?" : String.fromCharCode(byte)));
  return shown.join("") + (bytes.length > maxQuoted ? "..." : "");
}

/** @param {boolean} soft */
const changed = (soft) => (soft ? "invalidated" : "purged");

/** The query was not understood. @param {boolean} soft @param {string} problem */
export const nothingPurged = (soft, problem) => json(400, `{"${changed(soft)}":0,"error":"${problem}; expected tag=…, key=… or all=1"}\n`);

/** There is no purge log. @param {boolean} soft @param {number} entries */
export const purged = (soft, entries) => json(200, `{"${changed(soft)}":${entries}}\n`);

/** @param {boolean} soft @param {number} entries here @param {number} within milliseconds, in which all others are reached @param {number} seq the purge's number in the log */
export const purgedWithin = (soft, entries, within, seq) =>
  json(200, `{"${changed(soft)}":${entries},"isolates":"within ${within % 1000 === 0 ? `${within / 1000}s` : `${within}ms`}","log":${seq}}\n`);

/** The log is not known to have it. @param {boolean} soft @param {string} reason */
export const notPurged = (soft, reason) =>
  json(503, `{"${changed(soft)}":0,"error":"the purge log has not confirmed it, so it may hold nowhere; try again: ${quoted(reason)}"}\n`);

/**
 * Answers a request whose path is one of inlay's own.
 * @param {Exchange} exchange @param {string} method @param {string} target
 * @returns {Promise<Response>}
 */
export async function administer(exchange, method, target) {
  const routed = route(method, target, exchange.request.headers.get("authorization") ?? "", exchange.core.settings.token);
  return responseOf("refused" in routed ? routed.refused : await answer(exchange, routed.ask, routed.query));
}

/** @param {Exchange} exchange @param {string} ask @param {string} query @returns {Promise<Answer>} */
async function answer(exchange, ask, query) {
  switch (ask) {
    case "page":
      return operatorPage();
    case "stats":
      return json(200, onCore(exchange, (core) => figuresText(core.figures(), core.problems)));
    case "metrics":
      return {
        status: 200, fields: [["content-type", "text/plain; version=0.0.4; charset=utf-8"]],
        text: onCore(exchange, (core) => prometheusText(core.figures())),
      };
    case "entries":
      return entries(exchange, query);
    case "flights":
      return json(200, flightsText(onCore(exchange, (core) => core.flights())));
    case "failures":
      return json(200, exchange.core.failures.text());
    case "history":
      return json(200, exchange.core.history.text());
    case "purge":
    case "invalidate":
      return change(exchange, query, ask === "invalidate");
  }
  return needsToken();
}

/**
 * The operator's page, as internal/operator has it: fields, an empty line, the page. Loaded when it is asked for, so that no isolate
 * begins later because of it.
 * @returns {Promise<Answer>}
 */
async function operatorPage() {
  const { default: bytes } = await import("./operator.bin");
  const all = new TextDecoder().decode(bytes);
  const end = all.indexOf("\n\n");
  const fields = all.slice(0, end).split("\n").map((line) => /** @type {[string, string]} */ ([line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]));
  return { status: 200, fields, text: all.slice(end + 2) };
}

/** Lets others be answered. A timer's promise, and no time is looked at: none passes in a Worker that computes. */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

/** What is cached, in steps. @param {Exchange} exchange @returns {import("./list.mjs").Read} */
const readIn = (exchange) => (cursor, n) => exchange.core.entries(cursor, n);

/** @param {Exchange} exchange @param {string} query @returns {Promise<Answer>} */
async function entries(exchange, query) {
  const list = parseList(query, decodeQuery);
  if (typeof list === "string") return json(400, `{"error":"the parameter ${quoted(list)} was not understood; expected ${expected}"}\n`);
  for (let last = false; ; last = true) {
    exchange.core = exchange.cores(exchange.env);
    try {
      return json(200, listText(await select(list, readIn(exchange), breathe)));
    } catch (error) { // a core that crashes takes what it held with it
      if (last || !(error instanceof CrashError)) throw error;
    }
  }
}

/** @param {import("./listed.mjs").Flight[]} all */
function flightsText(all) {
  const flights = all.map(({ key, page, slot, age, waiting, attempts, looking }) => ({ key: key.toWellFormed(), page, slot, age, waiting, attempts, looking }));
  return `${JSON.stringify({ reach: "isolate", flights: flights.sort((a, b) => b.age - a.age || (a.key < b.key ? -1 : 1)) })}\n`;
}

/** Whether a query asks for a preview, and what else it says. @param {string} query */
function previewIn(query) {
  const pairs = query.split("&");
  const rest = pairs.filter((pair) => pair !== "preview=1");
  return { rest: rest.join("&"), preview: rest.length < pairs.length };
}

/** @param {Exchange} exchange @param {string} query @param {boolean} soft @returns {Promise<Answer>} */
async function change(exchange, query, soft) {
  const { rest, preview } = previewIn(query);
  const subjects = parsePurge(rest, soft);
  if (typeof subjects === "string") return nothingPurged(soft, subjects);
  if (preview) return json(200, `${JSON.stringify(await reached(subjects, readIn(exchange), breathe))}\n`);
  const entries = onCore(exchange, (core) => core.change(exchange, subjects));
  if (entries >= 0) return purged(soft, entries);
  exchange.settle(); // which tells the log
  await exchange.purging;
  const { told } = exchange;
  if (typeof told === "string") return notPurged(soft, told);
  return purgedWithin(soft, told.entries, exchange.core.settings.within, told.seq);
}

/**
 * Does something with the isolate's core, and with the next if that crashes.
 * @template T
 * @param {Exchange} exchange @param {(core: Core) => T} run
 * @returns {T}
 */
function onCore(exchange, run) {
  for (let last = false; ; last = true) {
    exchange.core = exchange.cores(exchange.env);
    try {
      return run(exchange.core);
    } catch (error) {
      if (last || !(error instanceof CrashError)) throw error;
    }
  }
}
