// @ts-check
// core.wasm and what it asks for: the one instance of the isolate, the blobs that it names by handle, and the host
// interface. There is no policy here; that is in the engine.

import { bindingsOf } from "./bindings.mjs";
import { build } from "./build-id.mjs";
import module from "./core.wasm";
import { Front, loopField } from "./front.mjs";
import { Shells, setShown, withReason } from "./not-found.mjs";
import pages from "./pages.bin";
import { Tiers, dataCenter, digest } from "./tiers.mjs";
import { View } from "./view.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {import("./exchange.mjs").Opening} Opening */
/** @typedef {import("./fills.mjs").Fill} Fill */
/** @typedef {import("./fills.mjs").Answer} Answer */
/**
 * @typedef {{ init: Response, length: string, page?: Uint8Array }} Head  init: status and fields, on a Response without a
 * body, which costs a warm page 3.5% less CPU time than a dictionary of both; length: of the body, "" if it is not known;
 * page: the site's own, in place of the body
 */
/**
 * @typedef {{
 *   dev: boolean, debug: boolean, origin: string, secret: string, lease: number, tiers: number, outlive: boolean, purgeField: string,
 * }} Settings  secret: for batches to the origin; lease: in milliseconds; purgeField: in lower case, "" if there is none
 */

/** @typedef {{ head: Head, body: Uint8Array, until: number }} Answered  until: milliseconds, as now() counts them */
/**
 * @typedef {{
 *   leader: Exchange, lifeline: Promise<never>, since: number, stop: () => void, waits: boolean, waited: boolean, moved: boolean,
 * }} Led  stop: ends the fill, from whatever context; waits: it is in its leader's queue; waited: it was; moved: another has it
 */

/** What a fill failed of, as fill_fail numbers it. */
export const Failure = { connect: 0, timeout: 1, tooLarge: 2, refused: 3, heldUp: 4 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The largest request target whose bytes are sure to fit the input buffer: a UTF-16 unit takes at most three. */
const inputSize = 4096;

/** So many answers are remembered for repeating, at most: a second's; and so many bytes of what only they hold. */
const maxRepeats = 1000;
const maxRepeatBytes = 1 << 20;

/** No fill is under way for longer, in milliseconds. */
const longestFill = 60_000;

/** An exchange whose own timer is so late, in milliseconds, has no context any more. */
const longestLate = 60_000;

/** Instances of this isolate that have trapped. */
let crashes = 0;

/** What is wrong with bindings, as it was last logged: once is enough. */
let logged = "";

/** The fields of an answer that fill_end takes, in the order of internal/answer's Fields. */
export const answerFields = [
  "content-type", "cache-control", "vary", "retry-after", "age", "content-encoding", "cdn-cache-control", "expires",
  "date", "pragma", "etag", "last-modified", "cache-tag", "surrogate-key", "cache-groups",
  "surrogate-control", "inlay-slots",
];

/** In builds for tests a request for this path traps, once: restarted, it finds nothing there. */
const trapPath = "/_inlay/trap";

/** A field cannot have a NUL, which ends it here; from a batch it could. @param {Record<string, string>} headers */
const fieldsOf = (headers) => answerFields.map((name) =>
  // An Expires that is empty is no date, and so past, and not absent. workerd drops it from what another server answers.
  headers[name] === "" && name === "expires" ? "0" : (headers[name] ?? "").replaceAll("\0", " "));

/**
 * Heads that came before an answer, each for itself.
 * @param {import("./fills.mjs").Hop[]} heads
 */
const hopsOf = (heads) =>
  heads.flatMap(({ status, headers }) => [String(status), headers["set-cookie"] === undefined ? "" : "1", ...fieldsOf(headers)]);

/** Variables that the core refuses: the text says which and why. */
export class ConfigError extends Error {}

/** An event could not be handled because the instance trapped, in it or before. */
export class CrashError extends Error {}

export class Core {
  /**
   * @param {Record<string, unknown>} env @param {ArrayBuffer} [shells] in place of pages.bin
   * @param {string} [edition] of those shells
   */
  constructor(env, shells = pages, edition = "") {
    /** Blobs by handle; 0 is no handle. @type {(Uint8Array | Head | undefined)[]} */
    this.blobs = [undefined];
    /** @type {number[]} */
    this.free = [];
    /** Names of header fields by number, and how those are read that are not as the header says. @type {string[]} */
    this.names = [];
    /** @type {(((request: Request) => string) | null)[]} */
    this.readers = [];
    /** Exchanges that wait, by id. @type {Map<number, Exchange>} */
    this.waiting = new Map();
    /** Fills in progress, by id. @type {Map<number, Led>} */
    this.led = new Map();
    /** What the engine lets be said again, by the request's URL. @type {Map<string, Answered>} */
    this.repeats = new Map();
    /** Bytes of their URLs, and when the last of them is over. */
    this.repeatBytes = 0;
    this.repeatsEnd = 0;
    /** Answers from repeats that the engine has not been told of. */
    this.repeated = 0;
    /** Whether the event in progress asked for a repeat. */
    this.repeating = false;
    this.lastId = 0;
    /** The latest time that now() gave, and how far the clock has been set back in all. */
    this.latest = 0;
    this.stepped = 0;
    this.crashed = false;
    /** Whose event is in progress. @type {Exchange | Opening | null} */
    this.current = null;
    /** What the event asked to have put below. @type {import("./tiers.mjs").Put[]} */
    this.puts = [];
    /** Of the purge log, and of what lies below; null without a log. @type {View | null} */
    this.log = null;
    /** @type {Tiers | null} */
    this.tiers = null;
    /** INLAY_REGION: who does fills for all isolates of a region; null: nobody. @type {any} */
    this.region = null;

    try {
      this.front = new Front(env);
    } catch (text) {
      throw typeof text === "string" ? new ConfigError(text) : text;
    }
    const instance = new WebAssembly.Instance(module, { inlay: this.imports() });
    /** @type {any} */
    this.exports = instance.exports;
    /** @type {WebAssembly.Memory} */
    this.memory = this.exports.memory;
    this.view = new Uint8Array(this.memory.buffer);
    this.exports._initialize();
    this.shells = new Shells(shells);
    const { pages } = this.shells;
    this.input = this.exports.input(Math.max(inputSize, pages.length));
    this.bytes().set(pages, this.input);
    if (this.exports.pages(pages.length) !== 0) throw new ConfigError("pages.bin and core.wasm are of different builds: run ./build.sh again");
    this.settings = this.start(env, edition);
    this.front.passesTo(this.settings.origin);
  }

  /**
   * @param {Record<string, unknown>} env @param {string} edition
   * @returns {Settings}
   */
  start(env, edition) {
    const texts = [];
    for (const [name, value] of Object.entries(env)) {
      if (name.startsWith("INLAY_") && typeof value === "string") texts.push(name, value);
    }
    const bound = bindingsOf(env);
    this.tell(bound.problems);
    if (bound.problems.length > 0) texts.push("problems", JSON.stringify(bound.problems));
    const has = (bound.log ? 1 | 2 : 0) | (bound.kv ? 4 : 0) | (bound.region ? 8 : 0);
    const seed = crypto.getRandomValues(new Uint32Array(2));
    const refused = this.exports.start(this.put(texts), seed[0], seed[1], crashes, has);
    if (refused > 0) throw new ConfigError(this.text(this.exports.error_text(), refused));
    const [dev, debug, origin, secret, lease, tiers, outlive, purgeField] = this.texts(this.exports.settings(), this.exports.settings_size());
    const settings = {
      dev: dev === "1", debug: debug === "1", origin, secret,
      lease: Number(lease), tiers: Number(tiers), outlive: outlive === "1", purgeField,
    };
    this.region = bound.region;
    if (bound.log !== null) {
      this.log = new View(bound.log, settings.lease, (settings.tiers & dataCenter) !== 0);
      // Another origin fills other fragments, of whatever deployment.
      const from = digest(`${origin}\n${env.INLAY_FILL_FIELDS ?? ""}`);
      this.tiers = new Tiers(bound.log, bound.kv, `${settings.outlive ? "any" : build + edition}/${from}`);
    }
    return settings;
  }

  /** @param {string[]} problems with bindings */
  tell(problems) {
    const text = problems.join("\n");
    if (text !== logged) for (const problem of problems) console.error(`inlay: ${problem}`);
    logged = text;
  }

  /**
   * Milliseconds that never go back, which is what durations are counted in here: a clock that is set back prolongs no
   * wait, and ends all repeats, since how old they are is not known any more. The engine is told the clock's own time and
   * does the same for itself.
   */
  now() {
    const now = Date.now() + this.stepped;
    if (now < this.latest) {
      this.stepped += this.latest - now;
      this.forgetRepeats();
    } else this.latest = now;
    return this.latest;
  }

  // Memory. It may grow in any call into the instance, and then every older view of it is detached.

  bytes() {
    if (this.view.byteLength === 0) this.view = new Uint8Array(this.memory.buffer);
    return this.view;
  }

  /** @param {number} at @param {number} size */
  text(at, size) {
    return decoder.decode(this.bytes().subarray(at, at + size));
  }

  /** Texts, each ended by NUL. @param {number} at @param {number} size */
  texts(at, size) {
    return this.text(at, size).split("\0").slice(0, -1);
  }

  /** Writes texts, each ended by NUL, for the next call; answers with their size. @param {string[]} texts */
  put(texts) {
    return this.putText(texts.length > 0 ? texts.join("\0") + "\0" : "");
  }

  /** @param {string} text */
  putText(text) {
    return this.putAscii(text) || this.putEncoded(text);
  }

  /**
   * A short text of ASCII, as a request target nearly always is, without a call into the runtime. 0: it is not one.
   * @param {string} text
   */
  putAscii(text) {
    const size = text.length;
    if (size > 256) return 0;
    const view = this.bytes();
    for (let i = 0; i < size; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return 0;
      view[this.input + i] = unit;
    }
    return size;
  }

  /** @param {string} text */
  putEncoded(text) {
    if (text.length * 3 > inputSize) {
      const bytes = encoder.encode(text);
      this.input = this.exports.input(bytes.length);
      this.bytes().set(bytes, this.input);
      return bytes.length;
    }
    const view = this.bytes();
    return encoder.encodeInto(text, view.subarray(this.input, this.input + inputSize)).written;
  }

  /** @param {Uint8Array | Head} blob */
  keep(blob) {
    const handle = this.free.pop() ?? this.blobs.length;
    this.blobs[handle] = blob;
    return handle;
  }

  /** @param {number} handle */
  blob(handle) {
    return /** @type {Uint8Array} */ (this.blobs[handle]);
  }

  /** @param {number} handle */
  head(handle) {
    return /** @type {Head} */ (this.blobs[handle]);
  }

  // Events. Each ends the instance if it traps.

  /**
   * @param {Exchange | null} exchange whose context this is
   * @param {() => void} call
   */
  event(exchange, call) {
    this.enter(exchange);
    try {
      call();
    } catch (error) {
      throw this.crash(error);
    } finally {
      this.exit();
    }
  }

  /**
   * The beginning of an event. What might be repeated may not be, after it, unless it asks for a repeat itself.
   * @param {Exchange | Opening | null} exchange
   */
  enter(exchange) {
    if (this.crashed) throw new CrashError("the core has crashed");
    this.now();
    this.current = exchange;
    if (this.repeated > 0) {
      this.exports.repeated(this.repeated);
      this.repeated = 0;
    }
  }

  /** The end of an event. */
  exit() {
    this.current = null;
    if (!this.repeating) this.forgetRepeats();
    this.repeating = false;
  }

  forgetRepeats() {
    if (this.repeats.size > 0) this.repeats.clear();
    this.repeatBytes = 0;
  }

  /**
   * @param {Exchange | Opening} exchange
   * @param {number} method its place in methods of worker/core/events.go
   * @param {string} target
   * @param {number} sent writes that an older instance asked for
   */
  handle(exchange, method, target, sent) {
    this.enter(exchange);
    try {
      if (this.waiting.size > 0) this.forgetLost();
      exchange.id = this.nextId();
      if (target === trapPath && exchange.crashes === 0) this.exports.trap?.();
      this.exports.handle(exchange.id, method, this.putText(target), sent, Date.now());
    } catch (error) {
      throw this.crash(error);
    } finally {
      this.exit();
    }
  }

  /** The id is 32 bits wide and comes round: ids of exchanges that still wait are passed over. */
  nextId() {
    do this.lastId = (this.lastId + 1) >>> 0;
    while (this.waiting.has(this.lastId));
    return this.lastId;
  }

  /** @param {Exchange} exchange */
  resume(exchange) {
    this.event(exchange, () => this.exports.resume(exchange.id, Date.now()));
  }

  /** @param {Exchange} exchange */
  deadline(exchange) {
    this.event(exchange, () => this.exports.deadline(exchange.id, Date.now()));
  }

  /** @param {number} id */
  leave(id) {
    this.waiting.delete(id);
    this.event(null, () => this.exports.leave(id, Date.now()));
  }

  /** @param {Fill} fill @param {Answer} answer */
  fillEnd(fill, answer) {
    this.event(null, () => {
      const blob = this.keep(answer.body);
      const size = this.put([...fieldsOf(answer.headers), ...hopsOf(answer.redirects ?? [])]);
      const cookie = answer.headers["set-cookie"] === undefined ? 0 : 1;
      const refused = this.exports.fill_end(fill.id, answer.status, cookie, blob, answer.body.length, size, answer.before ?? 0, Date.now());
      if (refused > 0) console.warn(`inlay: fill failed: ${fill.src} ${this.text(this.exports.error_text(), refused)}`);
    });
  }

  /**
   * @param {Fill} fill @param {number} failure @param {string} text
   * @param {import("./fills.mjs").Hop[]} [heard] the heads that came before it failed
   */
  fillFail(fill, failure, text, heard = []) {
    this.event(null, () =>
      this.exports.fill_fail(fill.id, failure, this.put([text.replaceAll("\0", " "), ...hopsOf(heard)]), Date.now()));
  }

  /** @param {Exchange} exchange @param {number} poll @param {import("./view.mjs").Heard | string} heard or why nothing */
  polled(exchange, poll, heard) {
    this.event(exchange, () => this.say(0, poll, heard));
  }

  /** @param {Exchange} exchange @param {import("./view.mjs").Heard | string} heard or why nothing */
  purged(exchange, heard) {
    this.event(exchange, () => this.say(1, exchange.id, heard));
  }

  /** @param {number} kind @param {number} id @param {import("./view.mjs").Heard | string} heard */
  say(kind, id, heard) {
    if (typeof heard === "string") {
      this.exports.log_says(kind, id, this.put([heard.replaceAll("\0", " ")]), -1, 0, 0, Date.now());
      return;
    }
    const { log, seq, floor, marks, age } = heard;
    const texts = [log];
    for (const [number, subject] of marks) texts.push(String(number), subject);
    this.exports.log_says(kind, id, this.put(texts), seq, floor, age, Date.now());
  }

  /**
   * @param {Exchange} exchange that leads the fill @param {number} fill @param {number} tier
   * @param {import("./tiers.mjs").Found} found
   * @returns {boolean} whether nothing more is to be looked for
   */
  found(exchange, fill, tier, { bytes, resident }) {
    let taken = false;
    this.event(exchange, () => {
      taken = this.exports.found(fill, tier, resident, this.keep(bytes), bytes.length, Date.now()) !== 0;
    });
    return taken;
  }

  /** @param {Exchange} exchange that leads the fill @param {number} fill */
  notFound(exchange, fill) {
    this.event(exchange, () => this.exports.not_found(fill, Date.now()));
  }

  /**
   * @param {Exchange} exchange @param {string} groups Cache-Group-Invalidation @param {string} tags of INLAY_PURGE_FIELD
   * @returns {boolean} whether they name anything
   */
  passEnd(exchange, groups, tags) {
    let named = false;
    this.event(exchange, () => (named = this.exports.pass_end(exchange.id, this.put([groups, tags]), Date.now()) !== 0));
    return named;
  }

  /**
   * Notes who leads a fill, with a promise of his context that never settles: once the context ends workerd rejects it
   * for those of others who wait on it. (Settled, it would have workerd warn of each of them who has left.)
   * @param {{ id: number }} fill @param {Exchange} leader
   */
  lead(fill, leader) {
    const now = this.now();
    // A fill that was lost while nobody waited for it ends nowhere.
    for (const [id, { since }] of this.led) {
      if (now - since < longestFill) break;
      this.led.delete(id);
    }
    /** @type {Led} */
    const led = { leader, lifeline: leader.lifeline ??= new Promise(() => {}), since: now, stop: () => {}, waits: false, waited: false, moved: false };
    this.led.set(fill.id, led);
    return led;
  }

  /**
   * Forgets one exchange whose context has gone without a word, if there is one among the first: its own timer would have
   * come long since.
   */
  forgetLost() {
    for (const [id, exchange] of this.waiting) {
      this.waiting.delete(id);
      if (exchange.endWait != null && this.latest - exchange.until > longestLate && exchange.late === 0) {
        exchange.late = this.latest; // or the clock was set forward, and its timer is yet to come
        this.waiting.set(id, exchange);
      } else if (exchange.late > 0 && this.latest - exchange.late > longestLate) {
        exchange.left = true;
        this.exports.leave(id, Date.now());
      } else {
        this.waiting.set(id, exchange); // last now: another is looked at next time
      }
      return;
    }
  }

  /** A leader's context is gone, and with it all of its fills that have not ended. @param {Exchange} leader */
  leaderLost(leader) {
    for (const [id, led] of this.led) if (led.leader === leader) this.fillLost(id);
  }

  /** A fill's leader is gone: the first to notice it tells the engine. @param {number} id */
  fillLost(id) {
    const lost = this.led.get(id);
    if (lost === undefined || this.crashed) return;
    this.led.delete(id);
    lost.leader.left = true;
    this.waiting.delete(lost.leader.id);
    this.event(null, () => this.exports.fill_lost(id, Date.now()));
  }

  /** @param {unknown} error that ended the instance @returns {CrashError} */
  crash(error) {
    const crash = new CrashError("the core has crashed", { cause: error });
    if (this.crashed) return crash;
    this.crashed = true;
    crashes++;
    const stack = String(error instanceof Error ? error.stack : error).replace(/\s+/g, " ");
    console.error(`inlay: the core has crashed and is replaced; the cache is empty: ${stack}`);
    // Each exchange goes on in its own context, on the next instance.
    for (const exchange of this.waiting.values()) exchange.wake();
    this.waiting.clear();
    this.blobs = [];
    return crash;
  }

  /**
   * The head of a page that cannot be shown: that of the site's page for the status, if it has one.
   * @param {number} status @param {string[]} fields names and values @returns {Head}
   */
  failed(status, fields) {
    const page = this.shells.of(status);
    const headers = new Headers();
    for (let i = 0; i + 1 < fields.length; i += 2) headers.append(fields[i], fields[i + 1]);
    if (page !== null) setShown(headers, page);
    const length = page !== null && this.settings.dev ? "" : headers.get("content-length") ?? "";
    headers.delete("content-length");
    return { init: new Response(null, { status, headers }), length, page: page?.html };
  }

  /**
   * What is sent under a head. While the site is being written, what went wrong stands at the end of the site's page for it.
   * @param {Head} head @param {Uint8Array} body
   */
  shown({ page }, body) {
    if (page === undefined || !this.settings.dev) return page ?? body;
    return withReason(page, decoder.decode(body));
  }

  /** What the engine may ask. A pointer and a size name bytes of the instance's memory; they are copied. */
  imports() {
    const current = () => /** @type {Exchange | Opening} */ (this.current);
    const exchange = () => {
      const made = current().exchange();
      this.current = made;
      return made;
    };
    return {
      /** @param {number} at @param {number} size */
      new_blob: (at, size) => this.keep(this.bytes().slice(at, at + size)),

      /** @param {number} status @param {number} at @param {number} size */
      new_head: (status, at, size) => {
        const fields = this.texts(at, size);
        if (status < 0) return this.keep(this.failed(-status, fields));
        const headers = new Headers();
        let length = "";
        for (let i = 0; i + 1 < fields.length; i += 2) {
          // The runtime counts a body itself, and a field less is 3% less work for a warm page.
          if (fields[i] === "content-length") length = fields[i + 1];
          else headers.append(fields[i], fields[i + 1]);
        }
        return this.keep({ init: new Response(null, { status, headers }), length });
      },

      /** @param {number} at @param {number} count */
      join: (at, count) => {
        const handles = new Uint32Array(this.bytes().buffer, at, count);
        let size = 0;
        for (const handle of handles) size += this.blob(handle).length;
        const joined = new Uint8Array(size);
        let end = 0;
        for (const handle of handles) {
          joined.set(this.blob(handle), end);
          end += this.blob(handle).length;
        }
        return this.keep(joined);
      },

      /** @param {number} handle @param {number} from */
      after: (handle, from) => this.keep(this.blob(handle).subarray(from)),

      /** @param {number} handle @param {number} from @param {number} at @param {number} size */
      read: (handle, from, at, size) => {
        const part = this.blob(handle).subarray(from, from + size);
        this.bytes().set(part, at);
        return part.length;
      },

      /** @param {number} handle */
      drop: (handle) => {
        if (this.blobs[handle] === undefined) throw new Error(`blob ${handle} was dropped before`);
        this.blobs[handle] = undefined;
        this.free.push(handle);
      },

      /** @param {number} _id @param {number} head @param {number} body */
      send: (_id, head, body) => current().send(this.head(head), this.shown(this.head(head), this.blob(body))),
      /** @param {number} _id @param {number} head @param {number} body @param {number} until */
      repeat: (_id, head, body, until) => {
        this.repeating = true;
        const { request } = current();
        if (!this.front.isPlain(request)) return;
        const { url } = request;
        const bytes = 2 * String(url).length;
        until += this.stepped;
        // All of them end with the same second, or before.
        if (this.latest >= this.repeatsEnd || this.repeats.size >= maxRepeats || this.repeatBytes + bytes > maxRepeatBytes) {
          this.forgetRepeats();
          this.repeatsEnd = 0;
        }
        if (bytes > maxRepeatBytes) return;
        if (!this.repeats.has(url)) this.repeatBytes += bytes;
        this.repeatsEnd = Math.max(this.repeatsEnd, until);
        this.repeats.set(url, { head: this.head(head), body: this.blob(body), until });
      },
      /** @param {number} _id @param {number} head */
      send_head: (_id, head) => current().send(this.head(head), null),
      /** @param {number} _id @param {number} head */
      respond: (_id, head) => exchange().respond(this.head(head)),
      /** @param {number} _id @param {number} body */
      write: (_id, body) => exchange().write(this.blob(body)),
      finish: () => exchange().finish(),
      /** @param {number} _id @param {number} host @param {number} size */
      pass: (_id, host, size) => exchange().pass(this.text(host, size)),
      /** @param {number} id @param {number} until */
      wait: (id, until) => {
        exchange().wait(until + this.stepped);
        this.waiting.set(id, exchange());
      },
      /** @param {number} at @param {number} size */
      report: (at, size) => console.warn(`inlay: fragment does not fit: ${this.texts(at, size).join(" ")}`),
      /** @param {number} _id @param {number} fill */
      watch: (_id, fill) => Number(exchange().watch(fill)),
      /** @param {number} id */
      wake: (id) => this.waiting.get(id)?.wake(),

      /**
       * @param {number} _id @param {number} id @param {number} at @param {number} size
       * @param {number} timeout @param {number} maxBytes @param {number} maxAge negative: it is not shared @param {number} stamp
       */
      fill: (_id, id, at, size, timeout, maxBytes, maxAge, stamp) => {
        const [src, url, binding, log, ...rest] = this.texts(at, size);
        /** @type {[string, string][][]} */
        const lists = [[]];
        for (let i = 0; i + 1 < rest.length; i += 2) {
          if (rest[i] === "") lists.push([]);
          else lists[lists.length - 1].push([rest[i], rest[i + 1]]);
        }
        const [fields, constant, vouching] = lists;
        if (url !== "") vouching.push([loopField, this.front.name]);
        const leader = exchange();
        const fill = { id, src, url, binding, fields, constant, vouching, timeout, maxBytes, share: maxAge < 0 ? null : { log, stamp, maxAge } };
        // What others had queued comes first: they wait for it.
        if (leader.taking) leader.fills.splice(leader.taken++, 0, fill);
        else leader.fills.push(fill);
        leader.taking = false;
      },

      /** @param {number} id */
      stop: (id) => this.led.get(id)?.stop(),

      /** @param {number} _id @param {number} poll @param {number} at @param {number} size @param {number} seq */
      poll: (_id, poll, at, size, seq) => exchange().ask({ poll, log: this.texts(at, size)[0], seq }),
      /** @param {number} _id @param {number} at @param {number} size @param {number} seq */
      purge: (_id, at, size, seq) => {
        const [log, ...subjects] = this.texts(at, size);
        exchange().ask({ log, seq, subjects });
      },
      /** @param {number} _id @param {number} fill @param {number} at @param {number} size @param {number} tiers @param {number} awaits */
      find: (_id, fill, at, size, tiers, awaits) => exchange().ask({ fill, name: this.texts(at, size)[0], tiers, awaitView: awaits !== 0 }),
      /** @param {number} _fill @param {number} at @param {number} size @param {number} blob @param {number} tiers @param {number} keep */
      put: (_fill, at, size, blob, tiers, keep) => this.puts.push({ name: this.texts(at, size)[0], tiers, bytes: this.blob(blob), keep }),

      /** @param {number} at @param {number} size */
      name: (at, size) => {
        const name = this.text(at, size);
        this.readers.push(this.front.reader(name));
        return this.names.push(name) - 1;
      },

      /** @param {number} name @param {number} at @param {number} capacity */
      field: (name, at, capacity) => {
        const { request } = current();
        const read = this.readers[name];
        const value = read === null ? request.headers.get(this.names[name]) : read(request);
        if (value === null || value === "") return 0;
        if (value.length * 3 > capacity) {
          const bytes = encoder.encode(value);
          if (bytes.length <= capacity) this.bytes().set(bytes, at);
          return bytes.length;
        }
        return encoder.encodeInto(value, this.bytes().subarray(at, at + capacity)).written;
      },
    };
  }
}
