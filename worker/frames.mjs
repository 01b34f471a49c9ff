// @ts-check
// Batches of fills, from the side that asks: writes the request and reads the frames of the answer. The format is defined
// in internal/batch/frames.go.

import { traceOf } from "./trace.mjs";

/**
 * @typedef {{ src: string, fields: [string, string][], constant?: [string, string][], trace?: [string, string][], document?: boolean }} BatchFill  header
 * fields: pairs of name and value; constant: those that are the same for all fills; trace: those of its visitor's; document: all fields of the answer are wanted
 */
/**
 * The answer to one fill. headers: by name in lower case; "set-cookie" says only that there was one. failure: why there
 * is no answer (panic, too-large, truncated, bad-request), empty if there is; body is then a text for people, and headers
 * are what was said before.
 * @typedef {{ index: number, status: number, headers: Record<string, string>, failure: string, body: Uint8Array }} Frame
 */

export const maxFills = 64;
export const maxFillsBytes = 256 << 10;
/** What a batch has besides its fills: {"fills":[]} */
const around = 12;
const maxHead = 16 << 10;
const maxBody = 8 << 20;
const prefixSize = 16;
const magic = 0x494c4631; // "ILF1"

/** The fields in which the core gives a fill the visitor's host and scheme, where they are in its key. */
const hostField = "x-forwarded-host";
const protoField = "x-forwarded-proto";

const encoder = new TextEncoder();

/**
 * The body of a request for fills. Throws if it would be more than an origin takes.
 * @param {BatchFill[]} fills
 * @returns {Uint8Array}
 */
export function encodeFills(fills) {
  if (fills.length < 1 || fills.length > maxFills) {
    throw new Error(`a batch of ${fills.length} fills; it may have 1 to ${maxFills}`);
  }
  const body = encoder.encode(JSON.stringify({ fills: fills.map(batchFill) }));
  if (body.length > maxFillsBytes) throw new Error(`a batch of fills of ${body.length} bytes; it may have ${maxFillsBytes}`);
  return body;
}

/**
 * Fills in as many batches as they need: so few that each is taken, and what is too much by itself is alone in one.
 * @template {BatchFill} F
 * @param {F[]} fills
 * @returns {F[][]}
 */
export function splitFills(fills) {
  /** @type {F[][]} */
  const batches = [];
  let size = maxFillsBytes;
  for (const fill of fills) {
    // With the comma after it.
    const more = encoder.encode(JSON.stringify(batchFill(fill))).length + 1;
    size += more;
    if (size > maxFillsBytes || batches[batches.length - 1].length === maxFills) {
      batches.push([]);
      size = around + more;
    }
    batches[batches.length - 1].push(fill);
  }
  return batches;
}

/** The visitor's host and scheme are no fields of a batch. @param {BatchFill} fill */
function batchFill(fill) {
  const { src, fields, constant = [], document } = fill;
  const of = (/** @type {string} */ field) => fields.find(([name]) => name === field)?.[1];
  const others = fields.filter(([name]) => name !== hostField && name !== protoField);
  return { src, host: of(hostField), proto: of(protoField), fields: [...others, ...constant, ...traceOf(fill)], document: document || undefined };
}

/** Whether an origin's page for a status is shown in place of one of the site's that requires the fragment. @param {number} status */
export const hasOwnPage = (status) => status === 404 || status === 410;

/** Reads frames from a stream that comes in any pieces. */
export class FrameDecoder {
  /** The part that is being read: the preamble or the head. */
  #part = new Uint8Array(maxHead);
  #have = 0;
  #want = prefixSize;
  /** @type {"prefix" | "head" | "body" | "skipped"} */
  #state = "prefix";
  /** Why the stream cannot be read on. @type {unknown} */
  #error = undefined;
  #index = 0;
  #size = 0;
  /** @type {{ status: number, headers: Record<string, string> }} */
  #head = { status: 0, headers: {} };
  #body = new Uint8Array(0);
  /** @type {Set<number>} */
  #seen = new Set();
  #count = 0;
  #fills;
  #limit;

  /**
   * @param {number} fills how many the batch has
   * @param {number} [limit] bytes that a body may have; the frame of a larger one comes as a failure, too-large
   */
  constructor(fills, limit = maxBody) {
    this.#fills = Math.min(fills, maxFills);
    this.#limit = limit;
  }

  /**
   * Reads the next bytes and gives back the frames that are whole with them. The bytes are copied. Throws if the stream
   * is not of the format, for good; if there were frames before that in the same bytes, the next call does.
   * @param {Uint8Array} bytes
   * @returns {Frame[]}
   */
  push(bytes) {
    if (this.#error !== undefined) throw this.#error;
    /** @type {Frame[]} */
    const frames = [];
    try {
      let at = 0;
      for (;;) {
        const n = Math.min(bytes.length - at, this.#want - this.#have);
        const piece = bytes.subarray(at, at + n);
        if (this.#state === "body") this.#body.set(piece, this.#have);
        else if (this.#state !== "skipped") this.#part.set(piece, this.#have);
        at += n;
        this.#have += n;
        if (this.#have < this.#want) return frames;
        this.#next(frames);
      }
    } catch (error) {
      this.#error = error;
      if (frames.length === 0) throw error;
      return frames;
    }
  }

  /** Throws, after the last byte, if the stream broke off within a frame or a fill has none. */
  end() {
    if (this.#error !== undefined) throw this.#error;
    if (this.#state !== "prefix" || this.#have > 0) throw new Error("the stream of frames broke off within a frame");
    if (this.#count < this.#fills) {
      throw new Error(`the stream of frames ended with ${this.#count} of ${this.#fills} fills`);
    }
  }

  /** The end of a part. @param {Frame[]} frames */
  #next(frames) {
    switch (this.#state) {
      case "prefix":
        this.#begin();
        return;
      case "head":
        this.#head = parseHead(this.#part.subarray(0, this.#want), this.#index);
        this.#state = this.#size > this.#limit ? "skipped" : "body";
        if (this.#state === "body") this.#body = new Uint8Array(this.#size);
        this.#have = 0;
        this.#want = this.#size;
        return;
      case "body": {
        const { status, headers } = this.#head;
        const failure = headers["inlay-failure"] ?? "";
        delete headers["inlay-failure"];
        frames.push({ index: this.#index, status, headers, failure, body: this.#body });
        break;
      }
      default:
        if (hasOwnPage(this.#head.status) && this.#head.headers["inlay-failure"] === undefined) {
          frames.push({ index: this.#index, ...this.#head, failure: "", body: new Uint8Array(0) }); // its status is what counts
          break;
        }
        frames.push({
          index: this.#index, status: 500, headers: this.#head.headers, failure: "too-large",
          body: encoder.encode(`the body has ${this.#size} bytes, the limit is ${this.#limit}`),
        });
    }
    this.#count++;
    this.#body = new Uint8Array(0);
    this.#state = "prefix";
    this.#have = 0;
    this.#want = prefixSize;
  }

  #begin() {
    const view = new DataView(this.#part.buffer, 0, prefixSize);
    const index = view.getUint32(4);
    const head = view.getUint32(8);
    const size = view.getUint32(12);
    if (view.getUint32(0) !== magic) throw new Error("a frame does not begin with ILF1: the stream is of another format or version");
    if (index >= this.#fills) throw new Error(`a frame for fill ${index} of ${this.#fills}`);
    if (this.#seen.has(index)) throw new Error(`a second frame for fill ${index}`);
    if (head < 1 || head > maxHead) throw new Error(`a frame's head has ${head} bytes; it may have 1 to ${maxHead}`);
    if (size > maxBody) throw new Error(`a frame's body has ${size} bytes; it may have ${maxBody}`);
    this.#seen.add(index);
    this.#index = index;
    this.#size = size;
    this.#state = "head";
    this.#have = 0;
    this.#want = head;
  }
}

const line = /^([!#$%&'*+\-.^_`|~0-9a-z]+): ([\t\x20-\x7e\x80-\xff]*)$/;

/**
 * @param {Uint8Array} bytes
 * @param {number} index of the fill, for messages
 */
function parseHead(bytes, index) {
  const bad = (/** @type {string} */ what) => new Error(`frame of fill ${index}: ${what}`);
  // A character for each byte, as header fields have it.
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  const lines = text.split("\n");
  const first = lines[0];
  if (lines.length < 2 || !/^[2-9][0-9]{2}$/.test(first)) throw bad("the head does not begin with a status from 200 to 999");
  if (lines.pop() !== "") throw bad("the head's last line has no end");
  /** @type {Record<string, string>} */
  const headers = Object.create(null);
  for (const each of lines.slice(1)) {
    const match = line.exec(each);
    if (match === null) throw bad("a line of the head is not a name in lower case, a colon, a space and a value");
    const [, name, value] = match;
    if (name in headers) throw bad(`the head has ${name} twice`);
    headers[name] = value;
  }
  return { status: Number(first), headers };
}
