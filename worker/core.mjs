// @ts-check
// core.wasm: the one instance of the isolate, the blobs that it names by handle, and the events that it is told. What it asks is
// in asks.mjs. There is no policy here; that is in the engine.

import { analyticsOf, patternsIn } from "./analytics.mjs";
import { asks } from "./asks.mjs";
import { bindingsOf } from "./bindings.mjs";
import { build } from "./build-id.mjs";
import module from "./core.wasm";
import { figureNames, figuresCount } from "./figures.mjs";
import { Front } from "./front.mjs";
import { Repeats } from "./repeats.mjs";
import { Shells, setShown, withReason } from "./not-found.mjs";
import pages from "./pages.bin";
import { Failures, History } from "./records.mjs";
import { aboutFill, error as sayError, logAs, nameOf, warn } from "./say.mjs";
import { allowing, purged } from "./shell.mjs";
import { Tiers, digest } from "./tiers.mjs";
import { fillEnds } from "./trace.mjs";
import { readVariables } from "./variables.mjs";
import { View } from "./view.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {import("./exchange.mjs").Opening} Opening */
/** @typedef {import("./fills.mjs").Fill} Fill */
/** @typedef {import("./fills.mjs").Answer} Answer */
/**
 * @typedef {{ init: Response, length: string, page?: Uint8Array, repeats?: Set<import("./repeats.mjs").Repeat>, tally?: import("./analytics.mjs").Tally }} Head  init: status and fields, on a Response without a
 * body, which costs a warm page 3.5% less CPU time than a dictionary of both; length: of the body, "" if it is not known;
 * page: the site's own, in place of the body; tally: what counts pages that are answered so
 */
/**
 * @typedef {{
 *   dev: boolean, debug: boolean, origin: string, secret: string, lease: number, dataCenter: boolean, outlive: boolean, purgeField: string,
 *   token: string, within: number,
 *   instances: import("./app-pool.mjs").Limits,
 * }} Settings  secret: for batches to the origin; lease: in milliseconds; dataCenter: whether its cache is used, where there is a log; purgeField: in lower case, "" if there is none; token: of
 * administration, "" if there is none; within: milliseconds after which a purge holds everywhere; instances: of app.wasm
 */

/**
 * @typedef {{
 *   fill: { id: number } & Partial<Fill>, leader: Exchange, lifeline: Promise<never>, since: number, stop: () => void, waits: boolean, waited: boolean, moved: boolean,
 * }} Led  stop: ends the fill, from whatever context; waits: it is in its leader's queue; waited: it was; moved: another has it
 */

/** What a fill failed of, as fill_fail numbers it. */
export const Failure = { connect: 0, timeout: 1, tooLarge: 2, refused: 3, heldUp: 4 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The largest request target whose bytes are sure to fit the input buffer: a UTF-16 unit takes at most three. */
const inputSize = 4096;

/** No fill is under way for longer, in milliseconds. */
const longestFill = 60_000;

/** An exchange whose own timer is so late, in milliseconds, has no context any more. */
const longestLate = 60_000;

/** Instances of this isolate that have trapped. */
let crashes = 0;

/** What is wrong with bindings, as it was last logged: once is enough. */
let logged = "";

/** The fields of an answer that judge takes, in the order of internal/answer's Fields. */
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

/** A field of an origin's page: a cookie is nobody else's. @param {[string, string]} field */
const headerOf = ([name, value]) => (name === "set-cookie" ? [] : [name, allowing(name, value).replaceAll("\0", " ")]);

/**
 * What judge is told of heads: see internal/answer, wire.go.
 * @param {import("./fills.mjs").Hop[]} heads that came, in their order; the last is the answer's own
 */
const headsOf = (heads) => [
  String(heads.length),
  ...heads.flatMap(({ status, headers }) => [String(status), headers["set-cookie"] === undefined ? "" : "1", ...fieldsOf(headers)]),
];

/** The head of what has failed before it had one. */
const noHead = { status: 0, headers: {} };

/** What the purge log said, as texts. @param {import("./view.mjs").Heard} heard */
const textsOf = ({ log, marks }) => [log, ...marks.flatMap(([number, subject]) => [String(number), subject])];

/** Words for these, and that of a fill which was held up: answer.Reason's. */
export const reasons = ["connect", "timeout", "too-large", "refused", "timeout"];

/** Whose context a fill is in, when it has ended, too. @type {WeakMap<object, Exchange>} */
const leaders = new WeakMap();

/** Who has done a fill. @param {Partial<Fill>} fill */
const tierOf = ({ url, binding, share }) => (share != null ? "region" : binding ? "binding" : url ? "origin" : "app");

/**
 * What has become of a fill by its answer, and why it has failed.
 * @param {number} status @param {string} reason that the log tells @returns {[outcome: string, reason: string]}
 */
function outcomeOf(status, reason) {
  if (reason !== "") return ["failed", reason];
  if (status === 200) return ["filled", ""];
  if (status === 304) return ["renewed", ""];
  return status >= 300 && status < 400 ? ["redirected", ""] : ["absent", "status"]; // 404 or 410, which is no failure of the origin's
}

/** The word for why a fill failed, in the core's text of it. @param {string} text */
const reasonIn = (text) => /^\(([a-z-]+)\)/.exec(text)?.[1] ?? "";

/** Variables that the core refuses: the text says which and why. */
export class ConfigError extends Error {}

/** An event could not be handled because the instance trapped, in it or before. */
export class CrashError extends Error {}

export class Core {
  /**
   * What can be done at module scope, where there is no clock and nothing random: the instance, which knows the pages. It takes requests
   * once it has begun.
   * @param {Record<string, unknown> | null} env with which it begins at once; null: see begin
   * @param {ArrayBuffer} [shells] in place of pages.bin
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
    /** What the engine lets be said again. */
    this.repeats = new Repeats();
    this.lastId = 0;
    /** The latest time that now() gave, and how far the clock has been set back in all. */
    this.latest = 0;
    this.stepped = 0;
    this.crashed = false;
    /** Whose event is in progress. @type {Exchange | Opening | null} */
    this.current = null;
    /** The fill that it is about. @type {Fill | null} */
    this.filled = null;
    /**
     * What there is to judge in the event that is in progress. slots, false: it says itself of none.
     * @type {{ texts: string[], slots?: boolean } | null}
     */
    this.said = null;
    /** For administration: what went wrong, and how pages were answered over time. */
    this.failures = new Failures();
    this.history = new History(figureNames);
    /** When that is to be summed up, as now() counts. */
    this.windowEnds = 0;
    /** What the event has listed. @type {(import("./listed.mjs").Entry | import("./listed.mjs").Flight)[]} */
    this.list = [];
    /** What the event asked to have put below. @type {import("./tiers.mjs").Put[]} */
    this.puts = [];
    /** Of the purge log, and of what lies below; null without a log. @type {View | null} */
    this.log = null;
    /** @type {Tiers | null} */
    this.tiers = null;
    /** INLAY_REGION: who does fills for all isolates of a region; null: nobody. @type {any} */
    this.region = null;
    /** The patterns of the pages, once somebody has asked. @type {string[] | null} */
    this.patterns = null;
    /** INLAY_ANALYTICS; null: it is not bound. @type {import("./analytics.mjs").Analytics | null} */
    this.analytics = null;
    /** @type {Front} */
    this.front = /** @type {any} */ (null);
    /** @type {Settings} */
    this.settings = /** @type {any} */ (null);
    this.edition = edition;
    /** What is wrong with bindings, as JSON. */
    this.problems = "";

    const instance = new WebAssembly.Instance(module, { inlay: asks(this) });
    /** @type {any} */
    this.exports = instance.exports;
    /** @type {WebAssembly.Memory} */
    this.memory = this.exports.memory;
    this.view = new Uint8Array(this.memory.buffer);
    this.exports._initialize();
    this.shells = new Shells(shells);
    const { pages } = this.shells;
    this.input = this.exports.input(inputSize);
    this.readsPages = this.exports.pages(this.keep(pages), pages.length) === 0;
    if (env !== null) this.begin(env);
  }

  /** In the first request of an isolate. Throws a ConfigError if it cannot. @param {Record<string, unknown>} env */
  begin(env) {
    if (!this.readsPages) throw new ConfigError("pages.bin and core.wasm are of different builds: run ./build.sh again");
    try {
      this.front = new Front(env);
    } catch (text) {
      throw typeof text === "string" ? new ConfigError(text) : text;
    }
    this.settings = this.start(env);
    this.front.passesTo(this.settings.origin);
  }

  /** @param {Record<string, unknown>} env @returns {Settings} */
  start(env) {
    /** @type {[string, string][]} */
    const variables = [];
    for (const [name, value] of Object.entries(env)) {
      if (name.startsWith("INLAY_") && typeof value === "string") variables.push([name, value]);
    }
    const said = readVariables(variables);
    if ("problem" in said) throw new ConfigError(said.problem);
    logAs(env);
    const bound = bindingsOf(env);
    this.tell(bound.problems);
    this.problems = bound.problems.length > 0 ? JSON.stringify(bound.problems) : "";
    const has = (bound.log ? 1 | 2 : 0) | (bound.kv ? 4 : 0) | (bound.region ? 8 : 0);
    const seed = crypto.getRandomValues(new Uint32Array(2));
    const refused = this.exports.start(this.putText(said.read), seed[0], seed[1], crashes, has);
    if (refused > 0) throw new ConfigError(this.text(this.exports.error_text(), refused));
    const [dev, debug, origin, secret, lease, dataCenter, outlive, purgeField, token, within] = said.settings;
    const settings = {
      dev: dev === "1", debug: debug === "1", origin, secret,
      lease: Number(lease), dataCenter: dataCenter === "1", outlive: outlive === "1", purgeField, token, within: Number(within), instances: said.instances,
    };
    this.region = bound.region;
    if (bound.analytics !== null) this.analytics = analyticsOf(bound.analytics, this.shells.pages, () => this.now());
    if (bound.log !== null) {
      this.log = new View(bound.log, settings.lease, settings.dataCenter);
      // Another origin fills other fragments, of whatever deployment.
      const from = digest(`${origin}\n${env.INLAY_FILL_FIELDS ?? ""}`);
      this.tiers = new Tiers(bound.log, bound.kv, `${settings.outlive ? "any" : build + this.edition}/${from}`);
    }
    return settings;
  }

  /**
   * What an answer has of a slot, of which nobody wants to know here: see dev.mjs.
   * @param {Exchange | Opening} _exchange @param {string[]} _texts @param {number} _kind @param {number} _from @param {number} _to
   */
  noteShown(_exchange, _texts, _kind, _from, _to) {}

  /** @param {string[]} problems with bindings */
  tell(problems) {
    const text = problems.join("\n");
    if (text !== logged) for (const problem of problems) sayError(problem);
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
      this.repeats.end();
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

  /** @param {number} status @param {Headers} headers */
  initOf(status, headers) {
    return new Response(null, { status, headers });
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
    try {
      this.enter(exchange);
      call();
    } catch (error) {
      throw this.crash(error);
    } finally {
      this.exit();
    }
  }

  /**
   * The beginning of an event.
   * @param {Exchange | Opening | null} exchange
   */
  enter(exchange) {
    if (this.crashed) throw new CrashError("the core has crashed");
    this.now();
    this.current = exchange;
    if (this.repeats.count > 0) this.tellRepeated();
  }

  /** Tells the engine what was repeated since the last event. */
  tellRepeated() {
    const { touched, last } = this.repeats;
    const size = 8 * touched.length;
    if (size > inputSize) this.input = this.exports.input(size);
    const told = new Uint32Array(this.bytes().buffer, this.input, 2 * touched.length);
    for (let i = 0; i < touched.length; i++) {
      told[2 * i] = touched[i].page;
      told[2 * i + 1] = this.repeats.tell(touched[i]);
    }
    this.repeats.told();
    this.exports.repeated(touched.length, last);
  }

  /** A page's pattern, by its index. @param {number} index */
  patternOf(index) {
    return index < 0 ? "" : (this.patterns ??= patternsIn(this.shells.pages))[index] ?? "";
  }

  /** The end of an event. */
  exit() {
    this.current = this.filled = null;
  }

  /** What the event in progress is about, for the log. @returns {import("./say.mjs").About} */
  about() {
    if (this.filled !== null) return aboutFill(this.filled);
    return this.current?.request == null ? {} : { request: nameOf(this.current.request) };
  }

  /**
   * @param {Exchange | Opening} exchange
   * @param {number} method its place in methods of worker/core/events.go
   * @param {string} target
   * @param {number} sent writes that an older instance asked for
   */
  handle(exchange, method, target, sent) {
    try {
      this.enter(exchange);
      if (this.waiting.size > 0) this.forgetLost();
      exchange.id = this.nextId();
      if (target === trapPath && exchange.crashes === 0) this.exports.trap?.();
      exchange.index = this.exports.handle(exchange.id, method, this.putText(target), sent, Date.now());
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

  /**
   * An answer to a request that was passed on begins: a page of the origin's, perhaps.
   * @param {Exchange} exchange @param {number} method its place in methods of worker/core/events.go @param {string} target
   * @param {number} sent writes that an older instance asked for @param {number} status @param {Record<string, string>} headers
   * @returns {number} how it is to be read, see shell.mjs, to be told by passPart; 0: it goes on as it is
   */
  passHead(exchange, method, target, sent, status, headers) {
    let flags = 0;
    const slots = headers["inlay-slots"] !== undefined || headers["surrogate-control"] !== undefined;
    this.judged(exchange, { texts: headsOf([{ status, headers }]), slots }, () => {
      flags = this.exports.pass_head(exchange.id, method, this.putText(target), sent, Date.now());
    });
    return flags;
  }

  /** @param {Exchange} exchange @param {import("./shell.mjs").Part} part the next of the answer @param {boolean} done whether it is the last */
  passPart(exchange, { outline, bytes }, done) {
    this.event(exchange, () => {
      this.input = this.exports.input(outline.length);
      this.bytes().set(outline, this.input);
      this.exports.pass_part(exchange.id, outline.length, this.keep(bytes), bytes.length, done ? 1 : 0, Date.now());
    });
  }

  /** The answer broke off. @param {Exchange} exchange */
  passBroken(exchange) {
    this.event(exchange, () => this.exports.pass_broken(exchange.id, Date.now()));
  }

  /** @param {Fill} fill @param {Answer} answer @param {number | null} [took] how long it took, in milliseconds */
  fillEnd(fill, answer, took = null) {
    const { headers, redirects = [] } = answer;
    const texts = [...headsOf([...redirects, answer]), (headers.location ?? "").replaceAll("\0", "")];
    if (fill.document) texts.push(...Object.entries(headers).flatMap(headerOf));
    this.judged(null, { texts }, () => {
      this.filled = fill;
      const refused = this.exports.fill_end(fill.id, this.keep(answer.body), answer.body.length, answer.before ?? 0, Date.now());
      const text = refused === 0 ? "" : this.text(this.exports.error_text(), refused);
      const reason = reasonIn(text);
      if (text !== "") warn(`fill failed: ${fill.src} ${text}`, aboutFill(fill, reason));
      this.ended(fill, ...outcomeOf(answer.status, reason), tierOf(fill), answer.body.length, (answer.before ?? 0) > 0);
      const { status } = answer;
      if (text !== "") this.failures.add(aboutFill(fill, reason), status, text.slice(text.indexOf("): ") + 3), took);
      // Nobody need look at what an origin says that it has not, but whoever asks why a slot is empty may.
      else if (!fill.document && (status === 404 || status === 410)) this.failures.add(aboutFill(fill, "status"), status, `the origin answered ${status}; a fragment needs 200`, took);
    });
  }

  /**
   * @param {Fill} fill @param {number} failure @param {string} text
   * @param {import("./fills.mjs").Hop[]} [heard] the heads that came before it failed @param {number | null} [took] as for fillEnd
   */
  fillFail(fill, failure, text, heard = [], took = null) {
    this.failures.add(aboutFill(fill, reasons[failure]), 0, text, took);
    const said = heard.length > 0 ? { texts: headsOf([...heard, noHead]) } : null;
    this.judged(null, said, () => {
      this.filled = fill;
      this.exports.fill_fail(fill.id, failure, this.putText(text.replaceAll("\0", " ")), Date.now());
      this.ended(fill, "failed", reasons[failure], tierOf(fill), 0);
    });
  }

  /**
   * Tells, for whom it may concern, what has become of a fill: see Analytics.
   * @param {{ id: number } & Partial<Fill>} fill @param {string} outcome @param {string} reason @param {string} tier @param {number} bytes
   * @param {boolean} [collapsed]
   */
  ended(fill, outcome, reason, tier, bytes, collapsed = false) {
    this.analytics?.filled(fill, outcome, reason, tier, bytes, collapsed);
    fillEnds(fill, leaders.get(fill)?.said ?? null, outcome, reason, tier, bytes, collapsed);
  }

  /**
   * An event with something to judge.
   * @param {Exchange | null} exchange @param {Core["said"]} said @param {() => void} call
   */
  judged(exchange, said, call) {
    this.said = said;
    try {
      this.event(exchange, call);
    } finally {
      this.said = null;
    }
  }

  /** @param {Exchange} exchange @param {number} poll @param {import("./view.mjs").Heard | string} heard or why nothing */
  polled(exchange, poll, heard) {
    this.event(exchange, () => {
      if (typeof heard === "string") this.exports.polled(poll, 0, -1, 0, 0, Date.now());
      else this.exports.polled(poll, this.put(textsOf(heard)), heard.seq, heard.floor, heard.age, Date.now());
    });
  }

  /**
   * The log has been told of subjects.
   * @param {Exchange} exchange @param {string[]} subjects @param {import("./view.mjs").Heard} heard what it said @param {bigint} asked as the import purge had it
   * @returns {number} how many entries that reached
   */
  told(exchange, subjects, heard, asked) {
    let entries = 0;
    this.event(exchange, () => {
      const size = this.put([...subjects, ...textsOf(heard)]);
      entries = this.exports.told(subjects.length, size, heard.seq, heard.floor, heard.age, asked, Date.now()) >>> 0;
    });
    return entries;
  }

  /**
   * Purges what subjects name: at once, if there is no log; else that is asked to be told, and the exchange will know.
   * @param {Exchange} exchange @param {string[]} subjects
   * @returns {number} how many entries that reached; -1: the log is to be told
   */
  change(exchange, subjects) {
    let entries = 0;
    this.event(exchange, () => (entries = this.exports.change(this.put(subjects), Date.now())));
    return entries;
  }

  /**
   * Goes on through what is cached: about n entries. What is there all the time is given once.
   * @param {bigint} cursor 0 at the beginning @param {number} n
   * @returns {{ entries: import("./listed.mjs").Entry[], next: bigint }} next: cursor, 0 at the end
   */
  entries(cursor, n) {
    let next = 0n;
    const entries = /** @type {import("./listed.mjs").Entry[]} */ (this.listed(() => (next = this.exports.entries(cursor, n, Date.now()))));
    return { entries, next: BigInt.asUintN(64, next) };
  }

  /** What is cached under a key: a fragment or a page, and a failure. @param {string} key */
  entriesOf(key) {
    const found = [];
    for (let cursor = 0n; ; ) {
      const { entries, next } = this.entries(cursor, 1000);
      for (const entry of entries) if (entry.key === key) found.push(entry);
      if (next === 0n) return found;
      cursor = next;
    }
  }

  /** The fills in progress. */
  flights() {
    return /** @type {import("./listed.mjs").Flight[]} */ (this.listed(() => this.exports.all_flights(Date.now())));
  }

  /** What a call lists. @param {() => void} call */
  listed(call) {
    this.list = [];
    this.event(null, call);
    const { list } = this;
    this.list = [];
    return list;
  }

  /** Sums up how pages were answered in the last seconds, at an event after them. */
  endWindow() {
    this.windowEnds = Infinity; // until the counters are there
    try {
      this.windowEnds = this.history.turn(this.latest, this.stepped, this.figures());
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
    }
  }

  /** The counters, in the order of their names in figures.mjs. */
  figures() {
    let at = 0;
    this.event(null, () => (at = this.exports.figures()));
    return new BigInt64Array(this.bytes().buffer, at, figuresCount).slice();
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
    const over = purged(groups, this.settings.purgeField, tags, () => ({ request: nameOf(exchange.request) }));
    if (over.length === 0) return false;
    this.event(exchange, () => this.exports.pass_end(exchange.id, this.put(over), Date.now()));
    return true;
  }

  /**
   * Notes who leads a fill, with a promise of his context that never settles: once the context ends workerd rejects it
   * for those of others who wait on it. (Settled, it would have workerd warn of each of them who has left.)
   * @param {{ id: number } & Partial<Fill>} fill @param {Exchange} leader
   */
  lead(fill, leader) {
    const now = fill.began = this.now();
    // A fill that was lost while nobody waited for it ends nowhere.
    for (const [id, { since }] of this.led) {
      if (now - since < longestFill) break;
      this.led.delete(id);
    }
    /** @type {Led} */
    const led = { fill, leader, lifeline: leader.lifeline ??= new Promise(() => {}), since: now, stop: () => {}, waits: false, waited: false, moved: false };
    this.led.set(fill.id, led);
    leaders.set(fill, leader);
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
    this.ended(lost.fill, "lost", "lost", "origin", 0);
    this.event(null, () => this.exports.fill_lost(id, Date.now()));
  }

  /** @param {unknown} error that ended the instance @returns {CrashError} */
  crash(error) {
    const crash = new CrashError("the core has crashed", { cause: error });
    if (this.crashed) return crash;
    this.crashed = true;
    crashes++;
    const stack = String(error instanceof Error ? error.stack : error).replace(/\s+/g, " ");
    sayError(`the core has crashed and is replaced; the cache is empty: ${stack}`, this.about());
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
}
