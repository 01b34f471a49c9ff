// @ts-check
// shell.wasm, which judges answers, reads fragments, and finds the slots in them and in pages of the origin. An instance is made when the first of them
// comes, and another one when it has trapped, or has grown large and reads nothing. A page that it cannot read is passed on as it is.

import { error as sayError, warn as sayWarning } from "./say.mjs";
import module from "./shell.wasm";

/** How something is read, as a sum: a document, not a fragment; its <edge-slot>; its ESI. */
export const reads = { document: 1, edgeSlots: 2, esi: 4 };

/** @typedef {import("./say.mjs").About} About */
/** @typedef {{ outline: Uint8Array, bytes: Uint8Array }} Part  an outline of these bytes, see page.Outline */

/** So much is given to an instance at once, in bytes. */
const pieceSize = 64 << 10;

/** An instance whose memory has more, in bytes, is not used again once it reads nothing. */
const largest = 8 << 20;

/** A text of a document's is told once in so many milliseconds; so many are remembered, and so many of one document told. */
const quiet = 60_000;
const maxTold = 1000;
const maxLines = 10;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** When each text was last told. @type {Map<string, number>} */
const told = new Map();

class Instance {
  constructor() {
    /** @type {any} */
    this.exports = new WebAssembly.Instance(module, {}).exports;
    this.exports._initialize();
    /** How many outliners it has. */
    this.open = 0;
    this.trapped = false;
  }

  /** Writes for the next call. @param {Uint8Array[]} parts */
  put(...parts) {
    let size = 0;
    for (const part of parts) size += part.length;
    let at = this.exports.input(size);
    const memory = new Uint8Array(this.exports.memory.buffer);
    for (const part of parts) {
      memory.set(part, at);
      at += part.length;
    }
  }

  /** A copy of what it has written. @param {number} at @param {number} size */
  read(at, size) {
    return new Uint8Array(this.exports.memory.buffer).slice(at, at + size);
  }

  /** What the last call refused, for the log. @param {string} base @param {About} [about] */
  tell(base, about) {
    const size = this.exports.refused_size();
    if (size === 0) return;
    const lines = decoder.decode(this.read(this.exports.refused(), size)).split("\0").slice(0, -1);
    for (const line of lines.slice(0, maxLines)) warn(`${base}:${line}`, about);
    if (lines.length > maxLines) warn(`${base}: and ${lines.length - maxLines} more`, about);
  }
}

/** @param {string} text @param {About} [about] */
function warn(text, about) {
  const now = Date.now();
  if (Math.abs(now - (told.get(text) ?? -Infinity)) < quiet) return;
  if (told.size >= maxTold) told.clear();
  told.set(text, now);
  sayWarning(`left as it is: ${text}`, about);
}

/** The isolate's one. @type {Instance | null} */
let instance = null;

/** The instance to read with. */
function current() {
  if (instance !== null && (instance.trapped || (instance.open === 0 && instance.exports.memory.buffer.byteLength > largest))) instance = null;
  return (instance ??= new Instance());
}

/** An instance is not used any more. @param {Instance} failed @param {string} base path and query of what it read @param {unknown} error @param {About} [about] */
function trapped(failed, base, error, about) {
  failed.trapped = true;
  sayError(`what reads pages has crashed and is replaced; ${base} goes on as it is: ${stackOf(error)}`, about);
}

/** In one line. @param {unknown} error */
const stackOf = (error) => String(error instanceof Error ? error.stack : error).replace(/\s+/g, " ");

/**
 * What is in bytes that are all there.
 * @param {Uint8Array} bytes @param {number} flags see reads @param {string} base their path and query @param {About} [about] what the log says of them
 * @returns {Uint8Array | null} an outline; null: there is no slot, or they could not be read, which the log tells
 */
export function parse(bytes, flags, base, about) {
  const using = current();
  try {
    const at = encoder.encode(base);
    using.put(at, bytes);
    const size = using.exports.whole(flags, at.length, bytes.length);
    using.tell(base, about);
    return size === 0 ? null : using.read(using.exports.out(), size);
  } catch (error) {
    trapped(using, base, error, about);
    return null;
  }
}

/** What is said of a fragment: where in it is the size of what is kept, a sum of what it is, and the size of its fault's text. */
const recordSize = 36;
const recordKept = 16;
const recordIs = 28;
const recordFault = 32;
const isMended = 2;

/**
 * What is found in a fragment, for core.wasm.
 * @param {Uint8Array} bytes @param {number} flags @param {number} watch see worker/shell/main.go @param {() => About} [about]
 * @returns {{ record: Uint8Array, mended: Uint8Array | null, fault: Uint8Array }}  mended: the bytes that are kept, if they are others
 */
export function inspect(bytes, flags, watch, about = () => ({})) {
  const using = current();
  try {
    using.put(bytes);
    const record = using.read(using.exports.inspect(flags, watch, bytes.length), recordSize);
    const said = new DataView(record.buffer);
    const mended = (said.getUint32(recordIs, true) & isMended) !== 0;
    return {
      record,
      mended: mended ? using.read(using.exports.mended(), said.getUint32(recordKept, true)) : null,
      fault: using.read(using.exports.out(), said.getUint32(recordFault, true)),
    };
  } catch (error) {
    crashed(using, "fragments", error, about);
    const fault = encoder.encode("it cannot be read: what reads fragments has crashed; the log has more");
    const record = new Uint8Array(recordSize);
    new DataView(record.buffer).setUint32(recordFault, fault.length, true);
    return { record, mended: null, fault };
  }
}

/** A verdict's numbers, of eight bytes each, and the place and the number of the failure that it is refused: see internal/answer, wire.go. */
const verdictNumbers = 10;
const verdictReason = 1;
const refused = 2n;

/**
 * What follows from an answer, for core.wasm. Another instance is asked once where one has trapped, and then the answer is refused.
 * @param {Uint8Array} question @param {Uint8Array} told of the answer, see internal/answer, wire.go
 * @param {() => About} [about] of what the log tells
 * @returns {Uint8Array} the verdict
 */
export function judge(question, told, about = () => ({})) {
  for (let tries = 0; tries < 2; tries++) {
    const using = current();
    try {
      using.put(question, told);
      const size = using.exports.judge(question.length, told.length);
      return using.read(using.exports.out(), size);
    } catch (error) {
      crashed(using, "answers", error, about);
    }
  }
  const text = encoder.encode("the answer cannot be read: what reads answers has crashed; the log has more");
  const verdict = new Uint8Array(8 * verdictNumbers + text.length + 3);
  new DataView(verdict.buffer).setBigInt64(8 * verdictReason, refused, true);
  verdict.set(text, 8 * verdictNumbers);
  return verdict;
}

/**
 * The tags that an answer's fields name as over: see internal/answer, groups.go.
 * @param {string} groups Cache-Group-Invalidation @param {string} name of the site's own field, and @param {string} value
 * @param {() => About} [about] of what the log tells
 * @returns {string[]}
 */
export function purged(groups, name, value, about = () => ({})) {
  for (let tries = 0; tries < 2; tries++) {
    const using = current();
    try {
      const fields = encoder.encode(`${groups}\0${name}\0${value}\0`);
      using.put(fields);
      const size = using.exports.purged(fields.length);
      return decoder.decode(using.read(using.exports.out(), size)).split("\0").slice(0, -1);
    } catch (error) {
      crashed(using, "answers", error, about);
    }
  }
  return [];
}

/**
 * An instance is not used any more, with which an answer or a fragment could not be read.
 * @param {Instance} failed @param {string} what it read @param {unknown} error @param {() => About} about
 */
function crashed(failed, what, error, about) {
  failed.trapped = true;
  sayError(`what reads ${what} has crashed and is replaced: ${stackOf(error)}`, about());
}

/** Fields that may forbid scripts. */
export const policies = new Set(["content-security-policy", "content-security-policy-report-only"]);

/**
 * A field of a page that may stream: a policy then allows the fallback script too.
 * @param {string} name in lower case @param {string} value
 */
export function allowing(name, value) {
  if (!policies.has(name)) return value;
  const using = current();
  try {
    const policy = encoder.encode(value);
    using.put(policy);
    const size = using.exports.allow(policy.length);
    return decoder.decode(using.read(using.exports.out(), size));
  } catch (error) {
    trapped(using, name, error);
    return value;
  }
}

/** An outline that says of bytes that they are text. @param {number} size */
function plain(size) {
  const using = current();
  const length = using.exports.plain(size);
  return using.read(using.exports.out(), length);
}

/** Finds the slots in what comes in pieces. */
export class Outliner {
  /** Bytes that no part has been made of yet. @type {Uint8Array[]} */
  #held = [];
  /** Where they begin, and where a part has to begin at least. */
  #from = 0;
  #id = 0;
  #base;
  #about;
  /** Null: it has trapped, or is closed. @type {Instance | null} */
  #using = null;

  /** @param {number} flags see reads @param {string} base path and query @param {About} [about] what the log says of it */
  constructor(flags, base, about) {
    this.#base = base;
    this.#about = about;
    const using = current();
    try {
      const at = encoder.encode(base);
      using.put(at);
      this.#id = using.exports.open(flags, at.length);
      using.open++;
      this.#using = using;
    } catch (error) {
      trapped(using, base, error, about);
    }
  }

  /** The parts that are sure with the next bytes. @param {Uint8Array} bytes @returns {Part[]} */
  write(bytes) {
    this.#held.push(bytes);
    /** @type {Part[]} */
    const parts = [];
    for (let at = 0; at < bytes.length; at += pieceSize) {
      const piece = bytes.subarray(at, at + pieceSize);
      this.#call(parts, (using) => {
        using.put(piece);
        return using.exports.write(this.#id, piece.length);
      });
    }
    if (this.#usable() === null) this.#rest(parts);
    return parts;
  }

  /** The last part. @returns {Part} */
  end() {
    /** @type {Part[]} */
    const parts = [];
    this.#call(parts, (using) => using.exports.end(this.#id));
    if (this.#using !== null) this.#using.open--;
    this.#using = null;
    if (parts.length === 0) this.#rest(parts);
    return parts[0] ?? { outline: plain(0), bytes: new Uint8Array(0) };
  }

  /** Nothing more comes, and nothing of it is wanted. */
  close() {
    const using = this.#usable();
    this.#using = null;
    if (using === null) return;
    using.open--;
    try {
      using.exports.close(this.#id);
    } catch (error) {
      trapped(using, this.#base, error, this.#about);
    }
  }

  /** The instance; null if it has trapped, here or with another document. */
  #usable() {
    if (this.#using?.trapped) this.#using = null;
    return this.#using;
  }

  /** @param {Part[]} parts @param {(using: Instance) => number} call */
  #call(parts, call) {
    const using = this.#usable();
    if (using === null) return;
    try {
      const size = call(using);
      using.tell(this.#base, this.#about);
      if (size === 0) return;
      const { from, to } = using.exports;
      parts.push({ outline: using.read(using.exports.out(), size), bytes: this.#take(from(), to()) });
    } catch (error) {
      trapped(using, this.#base, error, this.#about);
      this.#using = null;
    }
  }

  /** Bytes that are held, and all before them is dropped. @param {number} from @param {number} to counted from the first */
  #take(from, to) {
    let at = this.#from;
    // Mostly all of it has come in one piece.
    while (this.#held.length > 0 && at + this.#held[0].length <= from) at += /** @type {Uint8Array} */ (this.#held.shift()).length;
    if (this.#held.length > 0 && to <= at + this.#held[0].length) {
      const [first] = this.#held;
      this.#held[0] = first.subarray(to - at);
      this.#from = to;
      return first.subarray(from - at, to - at);
    }
    const taken = new Uint8Array(to - from);
    while (this.#held.length > 0) {
      const [first] = this.#held;
      const end = Math.min(to - at, first.length);
      if (end > from - at) taken.set(first.subarray(Math.max(0, from - at), end), Math.max(0, at - from));
      if (end < first.length) {
        this.#held[0] = first.subarray(Math.max(0, end));
        at += Math.max(0, end);
        break;
      }
      this.#held.shift();
      at += first.length;
    }
    this.#from = at;
    return taken;
  }

  /** All that is held, as it is. @param {Part[]} parts */
  #rest(parts) {
    const size = this.#held.reduce((sum, { length }) => sum + length, 0);
    if (size > 0) parts.push({ outline: plain(size), bytes: this.#take(this.#from, this.#from + size) });
  }
}
