// @ts-check
// Asks the purge log for the core, and tells it purges: when, and what follows from the answer, is the engine's to say. A poll
// goes through a snapshot of the log in the data centre's cache, which is kept for a second, so that the log is asked about
// once a second and data centre however many isolates there are.

import { CrashError } from "./core.mjs";
import { error as sayError, nameOf, warn } from "./say.mjs";
import { Refusal, askLog, readAnswer, scopeOf, tellLog, within } from "./log.mjs";

/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {import("./log.mjs").Said} Said */
/** @typedef {Said & { age: number }} Heard  age: of what it says, in milliseconds, when it came */
/** @typedef {{ poll: number, log: string, seq: number }} Poll */
/** @typedef {{ log: string, seq: number, asked: bigint, subjects: string[] }} Purge  asked: when, by the engine's clock */

/** How long each may take, in milliseconds: those of internal/engine/host.go. A snapshot is no reason to miss the log's answer. */
const pollTimeout = 1000;
const purgeTimeout = 5000;
const snapshotTimeout = 250;

/**
 * Where a snapshot is over and nobody waits for the poll, it looks again after at most so many milliseconds before it asks the
 * log: of many isolates whose views are equally old, one makes the next snapshot, and the others find it.
 */
const spread = 250;

/** Under a shorter lease, in milliseconds, no snapshot is young enough to be of use. */
const leastLease = 4000;

/** The fields of a snapshot: of which log and number it is, when its maker asked, by his clock, and how long that took. */
const fields = { log: "inlay-log", seq: "inlay-seq", floor: "inlay-floor", sent: "inlay-sent", took: "inlay-took" };

/** The site of what lies in the data centre's cache: no visitor's request comes from there, whatever its Host says. */
export const cacheSite = "https://inlay.internal/1/";

/**
 * How old what a snapshot says is, in milliseconds; NaN if that cannot be told. The cache's own Age does not depend on
 * clocks, but counts whole seconds, and from when it had all, which a put takes up to a second for; where it gives none, as when
 * developing, clocks tell.
 * @param {Headers} headers @param {number} now milliseconds since 1970
 */
export function ageOf(headers, now) {
  const [age, sent, took] = ["age", fields.sent, fields.took].map((name) => (headers.has(name) ? Number(headers.get(name)) : NaN));
  const byClock = now - sent;
  if (Number.isNaN(age)) return byClock >= took ? byClock : NaN;
  return Math.max((age + 2) * 1000 + took, byClock);
}

export class View {
  /** @param {any} binding INLAY_LOG @param {number} lease in milliseconds @param {boolean} snapshots whether there is a cache for them */
  constructor(binding, lease, snapshots) {
    this.binding = binding;
    this.lease = lease;
    this.snapshots = snapshots && lease >= leastLease;
    this.url = "";
    /** When what was last heard was so, in milliseconds since 1970. */
    this.asOf = -Infinity;
    /** Whether the last that was heard of the log was nothing. */
    this.down = false;
    /** Those who wait for a poll to end. @type {Set<() => void>} */
    this.waiters = new Set();
  }

  /** @param {Exchange} exchange whose context this is @param {Poll} poll */
  async poll(exchange, { poll, log, seq }) {
    const { core } = exchange;
    const heard = await this.hear(exchange, () => within(pollTimeout, (signal) => this.ask(exchange, log, seq, signal)));
    quietly(() => core.polled(exchange, poll, heard));
    if (exchange.core === core) exchange.settle();
    for (const wake of this.waiters) wake();
  }

  /**
   * Tells the log, and then the core; the exchange notes what came of it.
   * @param {Exchange} exchange whose context this is @param {Purge} purge
   */
  async purge(exchange, { log, seq, asked, subjects }) {
    const { core } = exchange;
    const heard = await this.hear(exchange, async () => {
      const text = await within(purgeTimeout, (signal) => tellLog(this.binding, log, seq, subjects, signal));
      return { ...readAnswer(text), age: 0 };
    });
    if (typeof heard === "string") exchange.told = heard; // it is not known whether the log has it
    else {
      let entries = 0;
      quietly(() => (entries = core.told(exchange, subjects, heard, asked)));
      exchange.told = { entries, seq: heard.seq };
    }
    if (exchange.core === core) exchange.settle();
    exchange.wake();
  }

  /**
   * Settles when a poll has ended, or could have; the promise and its timer are the caller's own.
   * @returns {Promise<void>}
   */
  async polled() {
    /** @type {() => void} */
    let wake = () => {};
    await within(pollTimeout, () => new Promise((resolve) => {
      wake = () => resolve(undefined);
      this.waiters.add(wake);
    })).catch(() => {});
    this.waiters.delete(wake);
  }

  /**
   * What the log said, or why it said nothing. Of what lasts the log of the Worker tells its beginning and its end.
   * @param {Exchange} exchange whose context this is @param {() => Promise<Heard>} run @returns {Promise<Heard | string>}
   */
  async hear({ request: of }, run) {
    const about = () => ({ request: nameOf(of) });
    try {
      const heard = await run();
      if (this.down) warn("the purge log answers again", about());
      this.down = false;
      return heard;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof Refusal) {
        sayError(`the purge log refuses what it is told: ${reason}`, about());
        return reason;
      }
      if (!this.down) sayError(`the purge log cannot be reached, so only what is younger than INLAY_OUTAGE is served from memory: ${reason}`, about());
      this.down = true;
      return reason;
    }
  }

  /** @param {Exchange} exchange @param {string} log @param {number} seq @param {AbortSignal} signal @returns {Promise<Heard>} */
  async ask(exchange, log, seq, signal) {
    const since = Date.now() - this.asOf;
    let snapshot = this.snapshots ? await this.snapshot(log, seq) : null;
    if (snapshot === null && this.snapshots && log !== "" && since >= 0 && since < this.lease / 2) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * spread));
      snapshot = await this.snapshot(log, seq);
    }
    if (snapshot !== null) {
      this.asOf = Date.now() - snapshot.age;
      return snapshot;
    }
    const sent = Date.now();
    const text = await askLog(this.binding, log, seq, this.snapshots, signal);
    const said = readAnswer(text);
    if (this.snapshots) exchange.ctx.waitUntil(this.keep(text, said, sent));
    this.asOf = sent;
    const known = said.log === log && said.floor <= seq;
    return { ...said, marks: known ? said.marks.filter(([n]) => n > seq) : said.marks, age: 0 };
  }

  /** The snapshot, if it is of use to who knows a log up to a number. @param {string} log @param {number} seq @returns {Promise<Heard | null>} */
  async snapshot(log, seq) {
    try {
      return await within(snapshotTimeout, async () => {
        const response = await caches.default.match(this.urlOf());
        if (response === undefined) return null;
        const age = ageOf(response.headers, Date.now());
        const theirs = response.headers.get(fields.log);
        const [number, floor] = [fields.seq, fields.floor].map((name) => Number(response.headers.get(name) ?? NaN));
        const same = theirs === log;
        if (!(age < this.lease / 2) || !same && log !== "" || same && !(number >= seq)) {
          await response.body?.cancel();
          return null;
        }
        if (same && number === seq && floor <= seq) {
          await response.body?.cancel();
          return { log, seq, floor, marks: [], age };
        }
        const said = readAnswer(await response.text());
        if (said.log !== theirs || said.seq !== number) return null;
        // Of a log that has forgotten nothing that the engine does not know, only what is new to it.
        return { ...said, marks: same && floor <= seq ? said.marks.filter(([n]) => n > seq) : said.marks, age };
      });
    } catch (error) {
      if (/No Cache was configured/.test(String(error))) this.snapshots = false; // a bare workerd without one
      return null;
    }
  }

  /** @param {string} text @param {Said} said @param {number} sent by the own clock */
  async keep(text, said, sent) {
    const took = Date.now() - sent;
    if (took < 0) return; // the clock was set back: how old it is is not known
    const headers = {
      "content-type": "application/json", "cache-control": "max-age=1",
      [fields.log]: said.log, [fields.seq]: String(said.seq), [fields.floor]: String(said.floor),
      [fields.sent]: String(sent), [fields.took]: String(took),
    };
    // Without it the next poll asks the log, as this one did.
    await within(pollTimeout, () => caches.default.put(this.urlOf(), new Response(text, { headers }))).catch(() => {});
  }

  urlOf() {
    return (this.url ||= `${cacheSite}${scopeOf(this.binding)}/log`);
  }
}

/** Those who wait for a core that has crashed are told by itself. @param {() => void} call */
export function quietly(call) {
  try {
    call();
  } catch (error) {
    if (!(error instanceof CrashError)) throw error;
  }
}
