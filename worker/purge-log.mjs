// @ts-check
// The log of purges: one Durable Object that numbers them, and that every isolate asks for those since a number. It is spoken
// to by fetch, so that the same code works over HTTP:
//
//   GET  https://log/?log=ID&since=N[&whole=1]
//   POST https://log/   {"log": "ID", "since": N, "subjects": ["tag:x", "~all", …]}
//
// Both answer {"log", "seq", "floor", "reset", "marks": [[17, "tag:x"], …]}: the marks past N, the newest first; all that are
// kept, and reset, if N is no number of this log, or is below its floor; all with whole=1, too. A subject is "all", "key:…" or "tag:…", with "~"
// before it where what it names is invalidated and not removed.
//
// What it answers means that it is durable: workerd holds an answer back until everything that was written before it is on
// disk, and answers with an error in its place if that fails (the output gate of Durable Objects). What is in memory is that
// same state, so a poll reads no row.

/** So many subjects are kept, and so many bytes of them. The oldest go, and the floor rises. */
export const maxSubjects = 4096;
export const maxBytes = 1 << 20;

/** What one POST may have. */
export const maxSubjectsAtOnce = 1000;
export const maxSubjectBytes = 8 << 10;
const maxBodyBytes = 16 << 20;

/** @typedef {[seq: number, subject: string]} Mark */
/** @typedef {{ log: string, seq: number, floor: number, reset: boolean, marks: Mark[] }} LogAnswer */
/** @typedef {{ log: string, since: number }} Known  what the caller has seen: of which log, up to which number */

/** A request that the log does not take; the text says why. */
class Refusal extends Error {
  /** @param {string} text @param {number} [status] @param {Record<string, string>} [headers] */
  constructor(text, status = 400, headers = {}) {
    super(text);
    this.status = status;
    this.headers = headers;
  }
}

const encoder = new TextEncoder();

/** @param {string} text */
const sizeOf = (text) => encoder.encode(text).length;

/** A random identity, by which isolates notice that this is not the log that they know. */
const identity = () => crypto.randomUUID().replaceAll("-", "");

export class PurgeLog {
  /** @param {DurableObjectState} ctx @param {Record<string, unknown>} [env] */
  constructor(ctx, env = {}) {
    const said = env.INLAY_LOG_FORMAT || env.INLAY_LOG;
    this.json = typeof said === "string" && said.trim().toLowerCase() === "json";
    this.storage = ctx.storage;
    this.loaded = false;
    this.log = "";
    this.seq = 0;
    /** No mark with a number up to this one is sure to be kept. */
    this.floor = 0;
    /** The newest first. @type {Mark[]} */
    this.marks = [];
    /** All of it as it is sent, if it has been asked for since the last change: the snapshot of each data centre is that. */
    this.whole = "";
  }

  /** @param {Request} request @returns {Promise<Response>} */
  async fetch(request) {
    try {
      // The body is read to its end before anything is answered: a caller that still writes would wait for ever.
      const body = await readBody(request);
      const { pathname, searchParams } = new URL(request.url);
      if (pathname !== "/") throw new Refusal("the log is at /", 404);
      switch (request.method) {
        case "GET":
          return answer(this.since(knownOf(searchParams.get("log") ?? "", Number(searchParams.get("since") ?? 0)), searchParams.has("whole")));
        case "POST": {
          const { known, subjects } = purgeOf(body);
          return answer(this.purge(known, subjects));
        }
        default:
          throw new Refusal("the log takes GET and POST", 405, { allow: "GET, POST" });
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const headers = { ...error.headers, "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
      return new Response(`purge log: ${error.message}\n`, { status: error.status, headers });
    }
  }

  /** The changes that the caller has not seen, as JSON. @param {Known} known @param {boolean} [whole] those that he has, too */
  since(known, whole = false) {
    this.load();
    this.notice(known);
    const reset = known.log !== this.log || known.since < this.floor;
    if (reset || whole) return (this.whole ||= this.text(true, this.marks));
    const end = this.marks.findIndex(([seq]) => seq <= known.since);
    return this.text(false, end < 0 ? this.marks : this.marks.slice(0, end));
  }

  /**
   * Gives the subjects one new number, and answers as since: without that the caller's own fills would be refused until
   * its next poll.
   * @param {Known} known @param {string[]} subjects
   */
  purge(known, subjects) {
    this.load();
    this.notice(known);
    const seq = this.seq + 1;
    const named = new Set(subjects);
    /** @type {Mark[]} */
    const marks = [];
    for (const subject of named) marks.push([seq, subject]);
    for (const mark of this.marks) if (!named.has(mark[1])) marks.push(mark);
    const kept = countKept(marks);
    const gone = marks.splice(kept);
    const floor = gone.length > 0 ? gone[0][0] : this.floor;
    this.storage.transactionSync(() => {
      const { sql } = this.storage;
      for (const [, subject] of gone) sql.exec("DELETE FROM marks WHERE subject = ?", subject);
      // The oldest row first, as load reads them. A subject that is purged again moves.
      for (let i = Math.min(named.size, kept) - 1; i >= 0; i--) {
        sql.exec("DELETE FROM marks WHERE subject = ?", marks[i][1]);
        sql.exec("INSERT INTO marks (seq, subject) VALUES (?, ?)", seq, marks[i][1]);
      }
      sql.exec("UPDATE state SET seq = ?, floor = ?", seq, floor);
    });
    this.seq = seq;
    this.floor = floor;
    this.marks = marks;
    this.whole = "";
    return this.since(known);
  }

  /**
   * Who has seen a number that this log has not given yet has seen what was lost: the storage is older than it was. What has
   * this log's numbers cannot be told apart any more, so it becomes another log.
   * @param {Known} known
   */
  notice({ log, since }) {
    if (log !== this.log || since <= this.seq) return;
    const renewed = identity();
    this.sayError(`the purge log has been set back: a caller knows of purge ${since}, it of ${this.seq}; everything below the isolates is refused from here on`);
    this.storage.sql.exec("UPDATE state SET log = ?", renewed);
    this.log = renewed;
    this.whole = "";
  }

  /** As worker/say.mjs does, which is not here: this module is one by itself. @param {string} text */
  sayError(text) {
    console.error(this.json ? JSON.stringify({ level: "ERROR", msg: `inlay: ${text}` }) : `inlay: ${text}`);
  }

  load() {
    if (this.loaded) return;
    const { sql } = this.storage;
    this.storage.transactionSync(() => {
      sql.exec("CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), log TEXT NOT NULL, seq INTEGER NOT NULL, floor INTEGER NOT NULL)");
      sql.exec("CREATE TABLE IF NOT EXISTS marks (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, subject TEXT NOT NULL UNIQUE)");
      sql.exec("INSERT OR IGNORE INTO state (one, log, seq, floor) VALUES (1, ?, 0, 0)", identity());
    });
    const { log, seq, floor } = /** @type {any} */ (sql.exec("SELECT log, seq, floor FROM state").one());
    this.log = log;
    this.seq = seq;
    this.floor = floor;
    this.marks = [];
    for (const row of sql.exec("SELECT seq, subject FROM marks ORDER BY seq DESC, id DESC")) {
      this.marks.push([/** @type {number} */ (row.seq), /** @type {string} */ (row.subject)]);
    }
    this.whole = "";
    this.loaded = true;
  }

  /** @param {boolean} reset @param {Mark[]} marks */
  text(reset, marks) {
    return JSON.stringify({ log: this.log, seq: this.seq, floor: this.floor, reset, marks });
  }
}

/** How many of the marks, the newest first, are within the bounds. @param {Mark[]} marks */
function countKept(marks) {
  let bytes = 0;
  let count = 0;
  while (count < marks.length && count < maxSubjects && (bytes += sizeOf(marks[count][1])) <= maxBytes) count++;
  return count;
}

/** @param {string} text JSON */
const answer = (text) => new Response(text, { headers: { "content-type": "application/json", "cache-control": "no-store" } });

/** @param {unknown} log @param {unknown} since @returns {Known} */
function knownOf(log, since) {
  if (typeof log !== "string") throw new Refusal('"log" is not the identity of a log, a text');
  if (typeof since !== "number" || !Number.isSafeInteger(since) || since < 0) throw new Refusal('"since" is not the number of a purge, 0 or more');
  return { log, since };
}

/** What a subject may be. A NUL would end it where it is handed to the core. */
const subjectForm = /^~?(?:all$|key:|tag:[^\0])[^\0]*$/;

/** @param {string} body */
function purgeOf(body) {
  /** @type {any} */
  let purge;
  try {
    purge = JSON.parse(body);
  } catch (error) {
    throw new Refusal(`the body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof purge !== "object" || purge === null || Array.isArray(purge)) throw new Refusal("the body is not a JSON object");
  const known = knownOf(purge.log ?? "", purge.since ?? 0);
  const { subjects } = purge;
  if (!Array.isArray(subjects) || subjects.length === 0) throw new Refusal('"subjects" does not name what is purged: a list such as ["tag:news"]');
  if (subjects.length > maxSubjectsAtOnce) throw new Refusal(`${subjects.length} subjects; one purge may have ${maxSubjectsAtOnce}`);
  for (const subject of subjects) {
    if (typeof subject !== "string" || !subjectForm.test(subject) || !subject.isWellFormed()) {
      throw new Refusal(`${JSON.stringify(subject)?.slice(0, 100)} is no subject: "all", "key:…" or "tag:…", with "~" before it to invalidate`);
    }
    if (sizeOf(subject) > maxSubjectBytes) throw new Refusal(`a subject of ${sizeOf(subject)} bytes; it may have ${maxSubjectBytes}`);
  }
  return { known, subjects: /** @type {string[]} */ (subjects) };
}

/** The body, as text; what is too large is read to its end, and refused. @param {Request} request */
async function readBody(request) {
  if (request.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of /** @type {AsyncIterable<Uint8Array>} */ (/** @type {unknown} */ (request.body))) {
    size += chunk.length;
    if (size <= maxBodyBytes) text += decoder.decode(chunk, { stream: true });
  }
  if (size > maxBodyBytes) throw new Refusal(`a body of ${size} bytes; it may have ${maxBodyBytes}`, 413);
  return text + decoder.decode();
}
