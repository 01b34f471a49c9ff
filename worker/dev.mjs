// @ts-check
// What inlay dev puts into the Worker in place of worker.mjs, so that a saved shell is served without a restart of the
// Worker, and so that one can be asked which version it is. It is not among the modules of a Worker that is built.

import * as app from "./app-instances.mjs";
import { Core } from "./core.mjs";
import { settings } from "./dev-settings.mjs";
import { Exchange, Opening } from "./exchange.mjs";
import { Isolate } from "./isolate.mjs";

export { PurgeLog } from "./purge-log.mjs";
export { RegionFill } from "./region.mjs";

const versionPath = "/_inlay/dev/version";

/** What the overlay asks of the Worker, through inlay dev: what became of a visit, and that fragments are purged. */
const visitPath = "/_inlay/dev/visit";

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

// The overlay (internal/overlay): what an answer has of each slot, and which fills there were, of the pages that inlay dev names. It
// looks on from outside: nothing of it is in the modules of a Worker that is built.

/** @typedef {import("./fills.mjs").Fill} Fill */
/** @typedef {{ slot: string, key: string, page: string, to: string, visit: string, began: number, ended: number, status: number, reason: string, text: string }} Noted */

const mostVisits = 50;
const mostFills = 400;

/** Of each visit, what was said of its slots and how many bytes were written, in that order. @type {Map<string, any[][]>} */
const visits = new Map();
/** The last fills. @type {Noted[]} */
const fills = [];
/** Those in progress. @type {Map<string, Noted>} */
const going = new Map();

const reasons = ["connect", "timeout", "too-large", "refused", "timeout"];

/** @param {any} exchange */
const visitOf = (exchange) => exchange?.request?.headers.get("inlay-dev-visit") ?? "";

/** @param {any} exchange @param {any[]} what */
function note(exchange, ...what) {
  const id = visitOf(exchange);
  if (id === "") return;
  let visit = visits.get(id);
  if (visit === undefined) {
    visits.set(id, (visit = []));
    if (visits.size > mostVisits) visits.delete(/** @type {string} */ (visits.keys().next().value));
  }
  visit.push(what);
}

/** @param {Fill} fill */
const keyOf = ({ src, fields }) =>
  [src, ...fields.filter(([name]) => name !== "if-none-match" && name !== "if-modified-since").map(([name, value]) => `${name}: ${value}`)].join("\n");

/**
 * Has a method of a class do more. @param {any} of @param {string} name @param {(was: Function, self: any, ...args: any[]) => any} run
 */
function also(of, name, run) {
  const was = of.prototype[name];
  of.prototype[name] = function (/** @type {any[]} */ ...args) {
    return run(was, this, ...args);
  };
}

/** A method that is 4 more is that of a visit: see worker/core/events.go. */
for (const name of ["handle", "passHead"]) {
  also(Core, name, (was, self, exchange, method, ...rest) => was.call(self, exchange, visitOf(exchange) === "" ? method : method + 4, ...rest));
}
also(Core, "noteShown", (_was, _self, exchange, texts, kind, from, to) => note(exchange, "s", texts, kind, from, to));
also(Exchange, "write", (was, self, bytes) => {
  note(self, "w", bytes.length);
  was.call(self, bytes);
});
for (const answers of [Exchange, Opening]) {
  also(answers, "send", (was, self, head, body) => {
    if (body !== null) note(self, "w", body.length);
    was.call(self, head, body);
  });
}

also(Core, "lead", (was, self, fill, leader) => {
  if (fill.fields === undefined) return was.call(self, fill, leader); // it looks below, and asks nobody yet
  const noted = {
    slot: fill.slot ?? "", key: keyOf(fill), page: fill.pagePattern ?? "", to: fill.binding !== "" ? `binding:${fill.binding}` : fill.url,
    visit: visitOf(leader), began: Date.now(), ended: 0, status: 0, reason: "", text: "",
  };
  fills.push(noted);
  if (fills.length > mostFills) fills.splice(0, mostFills / 2);
  going.set(`${self.edition} ${fill.id}`, noted);
  return was.call(self, fill, leader);
});
/** @param {any} core @param {Fill} fill @param {number} status @param {string} reason @param {string} text */
function ends(core, fill, status, reason, text) {
  const noted = going.get(`${core.edition} ${fill.id}`);
  going.delete(`${core.edition} ${fill.id}`);
  if (noted !== undefined) Object.assign(noted, { ended: Date.now(), status, reason, text });
}
also(Core, "fillEnd", (was, self, fill, answer, ...rest) => {
  ends(self, fill, answer.status, "", "");
  return was.call(self, fill, answer, ...rest);
});
also(Core, "fillFail", (was, self, fill, failure, text, ...rest) => {
  ends(self, fill, 0, reasons[failure] ?? "connect", text);
  return was.call(self, fill, failure, text, ...rest);
});

/**
 * Tells of a visit, of fills of its keys, and of what is stored under them now; or purges what a POST says, as subjects of the purge log.
 * @param {Request} request @param {any} env @param {ExecutionContext} ctx
 */
async function overlay(request, env, ctx) {
  /** @type {any} */
  const core = isolate.coreOf(env);
  if (request.method === "POST") {
    const exchange = new Exchange(request, env, ctx, core, (env) => isolate.coreOf(env), core.nextId());
    const subjects = /** @type {string[]} */ (await request.json());
    if (core.change(exchange, subjects) < 0) {
      exchange.settle(); // which tells the log
      await exchange.purging;
      if (typeof exchange.told === "string") return new Response(exchange.told, { status: 502 });
    }
    return new Response(null, { status: 204 });
  }
  const id = new URL(request.url).searchParams.get("id") ?? "";
  const said = visits.get(id) ?? [];
  const keys = new Set(said.filter(([kind]) => kind === "s").map(([, [, key]]) => key));
  const entries = Object.fromEntries([...keys].filter((key) => key !== "").map((key) => [key, core.entriesOf(key).find((/** @type {any} */ { kind }) => kind === "fragment") ?? null]));
  return Response.json({ said, fills: fills.filter(({ visit, key }) => visit === id || keys.has(key)), entries });
}

export default {
  /** @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Response | Promise<Response>} */
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === versionPath || pathname === visitPath) {
      // Nobody else knows it: a page that finds wrangler's port starts nothing, and is told nothing.
      if (request.headers.get("inlay-dev-from") === settings.from) return pathname === versionPath ? version(env, ctx) : overlay(request, env, ctx);
      return new Response("404 page not found\n", { status: 404 });
    }
    const wanted = Number(request.headers.get("inlay-dev-pages"));
    if (!(wanted > shells)) return isolate.fetch(request, env, ctx);
    return renew(wanted).then(() => isolate.fetch(request, env, ctx));
  },
};
