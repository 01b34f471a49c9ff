// @ts-check
// A page of the origin that is composed for its visitor as it arrives: his request was passed on, and the answer has slots. It is
// read in his request's own context, no faster than he takes it, and told to the core in parts.

import { nameOf, warn } from "./say.mjs";
import { Outliner, allowing, policies } from "./shell.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {import("./shell.mjs").Part} Part */

/** What has been told is kept for another core up to so many bytes. */
const maxKept = 1 << 20;

/** While an answer that has begun waits for a fragment, so many bytes more are read ahead. */
const maxAhead = 1 << 20;

/** What the runtime decodes as it is read. */
const decoded = /^(?:identity|gzip|x-gzip|br)?$/i;

/** Fields that tell of bytes which are not sent as they came, and what was for inlay alone. */
const spoiled = [
  "content-length", "etag", "last-modified", "accept-ranges", "content-encoding", "content-md5", "digest", "repr-digest", "content-digest",
  "expires", "pragma", "age", "surrogate-control", "x-accel-expires", "edge-control", "inlay-slots",
];

/**
 * Takes out what does not hold for what is made of an answer: also how long certain caches may keep it, whatever its Cache-Control says (RFC 9213),
 * since what is composed for one visitor is for none.
 * @param {Headers} headers
 */
function takeSpoiled(headers) {
  for (const name of [...headers.keys()]) if (spoiled.includes(name) || name.endsWith("-cache-control")) headers.delete(name);
}

/** The members of a list. @param {string | null} list */
const membersOf = (list) => (list ?? "").split(",").map((member) => member.trim()).filter((member) => member !== "");

/** @param {string[]} members @param {string} name */
const has = (members, name) => members.some((member) => member.toLowerCase() === name.toLowerCase());

/** The origin's members of a list, and those of the engine's that are not among them. @param {string} said @param {string | null} theirs */
function joined(said, theirs) {
  const members = membersOf(theirs);
  return [...members, ...membersOf(said).filter((member) => !has(members, member))].join(", ");
}

/** The engine's Cache-Control, unless the origin's forbids more, as mergeHead in edge has it. @param {string} said @param {string | null} theirs */
function strictest(said, theirs) {
  if (theirs === null) return said;
  let control = said;
  if (/(?:^|[\s,;"])no-store(?![\w-])/i.test(theirs)) control = has(membersOf(theirs), "no-store") && !theirs.includes('"') ? theirs : "no-store";
  const asItIs = [said, theirs].some((list) => has(membersOf(list), "no-transform"));
  return asItIs && !has(membersOf(control), "no-transform") ? `${control}, no-transform` : control;
}

/** Fields of which an answer may have several that each count. */
const added = new Set(["set-cookie", "link", "cache-status"]);

/** Statuses with which there is a whole page. */
const isWhole = (/** @type {number} */ status) => status >= 200 && ![204, 205, 206].includes(status) && (status < 300 || status >= 400);

const isHTML = (/** @type {Headers} */ headers) => /^\s*text\/html\s*(?:;|$)/i.test(headers.get("content-type") ?? "");

/**
 * Composes the origin's answer, if the core says that it has slots. It is not touched otherwise.
 * @param {Exchange} exchange @param {string} target @param {Response} response
 * @param {(response: Response) => Response} outward what becomes of an answer's head on its way out
 * @returns {Promise<Response | null>} null: it goes on as it is
 */
export async function composed(exchange, target, response, outward) {
  const { headers, status, body } = response;
  if (exchange.request.method !== "GET" || body === null || !isWhole(status) || /** @type {any} */ (response).webSocket) return null;
  if (!isHTML(headers) || !decoded.test((headers.get("content-encoding") ?? "").trim())) return null;
  return exchange.compose(new OpenPage(target, response, outward));
}

/**
 * The head that answers HEAD for what may be a page with slots: nothing in it is of bytes that a GET is not answered with.
 * @param {Exchange} exchange @param {Response} response
 */
export function headAlone({ request, shell }, response) {
  const { headers, status, statusText } = response;
  if (request.method !== "HEAD" || !isHTML(headers) || !isWhole(status)) return response;
  if (!shell && !headers.has("inlay-slots") && !/\besi\/1\.0/i.test(headers.get("surrogate-control") ?? "")) return response;
  const own = new Headers(headers);
  takeSpoiled(own);
  return new Response(response.body, { status, statusText, headers: own });
}

export class OpenPage {
  /** @param {string} target @param {Response} response @param {(response: Response) => Response} outward */
  constructor(target, response, outward) {
    this.target = target;
    this.response = response;
    this.outward = outward;
    /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
    this.reader = null;
    /** @type {Outliner | null} */
    this.outliner = null;
    /** What has come and was not looked at. @type {{ done: boolean, value?: Uint8Array } | { error: unknown } | null} */
    this.arrived = null;
    this.reading = false;
    /** Whether there is nothing more to read. */
    this.ended = false;
    /** What the core was told, for another one; null: it was too much. @type {Part[] | null} */
    this.told = [];
    this.toldBytes = 0;
    /** Whether the last of it was the last. */
    this.whole = false;
    /** Bytes that the core was told since it had something written. */
    this.ahead = 0;
  }

  /** Tells a core of the head. @param {Exchange} exchange @returns {boolean} whether it is composed */
  begin(exchange) {
    /** @type {Record<string, string>} */
    const headers = {};
    for (const [name, value] of this.response.headers) headers[name] = value;
    headers["content-encoding"] = ""; // which is taken off as it is read
    const flags = exchange.core.passHead(exchange, 0, this.target, exchange.writes, this.response.status, headers);
    if (flags !== 0) this.outliner ??= new Outliner(flags, this.target, { request: nameOf(exchange.request) });
    return flags !== 0;
  }

  /** Tells a new core all that the old one was told. @param {Exchange} exchange @returns {boolean} whether it goes on */
  again(exchange) {
    if (this.told === null || !this.begin(exchange)) return false;
    this.told.forEach((part, i, { length }) => {
      if (!exchange.finished) exchange.core.passPart(exchange, part, this.whole && i === length - 1);
    });
    return true;
  }

  /** Whether anything of the answer has been read. */
  get touched() {
    return this.reader !== null;
  }

  /** Has the next bytes come, unless the page waits and enough has. @param {Exchange} exchange in whose context this is */
  read(exchange) {
    if (this.reading || this.ended || this.arrived !== null) return;
    if (this.ahead > maxAhead && exchange.response !== null) return;
    this.reading = true;
    this.reader ??= /** @type {ReadableStream<Uint8Array>} */ (this.response.body).getReader();
    this.reader.read().then((got) => {
      this.arrived = got;
    }, (error) => {
      this.arrived = { error };
    }).then(() => {
      this.reading = false;
      exchange.endWait?.();
    });
  }

  /** Tells the core what has come. @param {Exchange} exchange */
  tell(exchange) {
    const got = this.arrived;
    this.arrived = null;
    if (got === null || this.outliner === null) return;
    if ("error" in got) {
      this.ended = true;
      warn(`the origin's answer for ${this.target} broke off: ${got.error}`, { request: nameOf(exchange.request) });
      exchange.core.passBroken(exchange);
      return;
    }
    const done = got.done || got.value === undefined;
    this.ended = this.whole = done;
    const parts = done ? [this.outliner.end()] : this.outliner.write(/** @type {Uint8Array} */ (got.value));
    this.keep(parts);
    for (const part of parts) {
      if (exchange.finished) return;
      this.ahead += part.bytes.length;
      exchange.core.passPart(exchange, part, done);
    }
  }

  /** @param {Part[]} parts */
  keep(parts) {
    this.told?.push(...parts);
    for (const { outline, bytes } of parts) this.toldBytes += outline.length + bytes.length;
    if (this.toldBytes > maxKept) this.told = null;
  }

  /** The origin has no more to say to anybody. */
  close() {
    this.ended = true;
    this.arrived = null;
    this.outliner?.close();
    this.reader?.cancel().catch(() => {});
  }

  /**
   * The head of the composed answer: the origin's, with what the engine says over it.
   * @param {Response} head the engine's
   */
  head(head) {
    const { status, statusText } = this.response;
    const headers = new Headers(this.outward(new Response(null, { status, statusText, headers: this.response.headers })).headers);
    takeSpoiled(headers);
    for (const name of policies) {
      const policy = headers.get(name);
      if (policy !== null) headers.set(name, allowing(name, policy));
    }
    const said = new Headers(head.headers);
    if (headers.has("content-type")) said.delete("content-type"); // where it names no charset the page may
    for (const [name, both] of /** @type {const} */ ([["vary", joined], ["cache-control", strictest]])) {
      const value = said.get(name);
      if (value !== null) said.set(name, both(value, headers.get(name)));
    }
    for (const name of new Set(said.keys())) if (!added.has(name)) headers.delete(name);
    for (const [name, value] of said) {
      // Of a page without slots, or whose head leaves before them: but its origin was asked.
      if (name !== "cache-status" || value !== "inlay;hit") headers.append(name, value);
    }
    return new Response(null, { status, statusText, headers });
  }
}

