// @ts-check
// The frames in which a region's object says how fills have ended: the length of a head and that of a body, 4 bytes each, the
// most significant first; the head, which is JSON; and the body.

/** @typedef {import("./fills.mjs").Hop} Hop */
/**
 * @typedef {{ index: number, before: number } & (
 *   { status: number, headers: Record<string, string>, redirects: Hop[], failure?: undefined } |
 *   { failure: number, text: string, heard: Hop[] }
 * )} Head  index: the fill's place in the call; before: how long before the call had come the fill began, in milliseconds; failure:
 * as Failure in core.mjs has it
 */
/** @typedef {Head & { body: Uint8Array }} Frame */

const prefix = 8;

/** So much a head may have; a body, as much as a fragment. */
const maxHead = 1 << 20;
const maxBody = 8 << 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param {Head} head @param {Uint8Array} [body] */
export function encodeFrame(head, body = new Uint8Array(0)) {
  const text = encoder.encode(JSON.stringify(head));
  const frame = new Uint8Array(prefix + text.length + body.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, text.length);
  view.setUint32(4, body.length);
  frame.set(text, prefix);
  frame.set(body, prefix + text.length);
  return frame;
}

/** Reads frames from a stream that comes in any pieces. */
export class RegionFrames {
  /** What has come of the frame that is not whole. */
  #part = new Uint8Array(prefix);
  #have = 0;
  #head = 0;
  #whole = 0;
  #fills;

  /** @param {number} fills how many the call has */
  constructor(fills) {
    this.#fills = fills;
  }

  /**
   * Reads the next bytes, and gives the frames that are whole with them. Throws if it is no such stream.
   * @param {Uint8Array} bytes @returns {Frame[]}
   */
  push(bytes) {
    /** @type {Frame[]} */
    const frames = [];
    for (let at = 0; at < bytes.length;) {
      const want = this.#whole || prefix;
      const n = Math.min(want - this.#have, bytes.length - at);
      this.#part.set(bytes.subarray(at, at + n), this.#have);
      this.#have += n;
      at += n;
      if (this.#have < want) break;
      if (this.#whole === 0) this.#begin();
      else frames.push(this.#end());
    }
    return frames;
  }

  #begin() {
    const view = new DataView(this.#part.buffer);
    this.#head = view.getUint32(0);
    const body = view.getUint32(4);
    if (this.#head < 2 || this.#head > maxHead || body > maxBody) throw new Error("no frame of a region's fill");
    this.#whole = prefix + this.#head + body;
    const part = new Uint8Array(this.#whole);
    part.set(this.#part.subarray(0, prefix));
    this.#part = part;
  }

  /** @returns {Frame} */
  #end() {
    const from = prefix + this.#head;
    const head = JSON.parse(decoder.decode(this.#part.subarray(prefix, from)));
    const body = this.#part.subarray(from);
    this.#part = new Uint8Array(prefix);
    this.#have = this.#whole = 0;
    if (!isHead(head, this.#fills)) throw new Error("a frame of another version of inlay");
    return { ...head, body };
  }
}

/** @param {any} h @param {number} fills */
const isHead = (h, fills) =>
  Number.isInteger(h?.index) && h.index >= 0 && h.index < fills && Number.isFinite(h.before) && h.before >= 0 &&
  (h.failure === undefined
    ? Number.isInteger(h.status) && areHeads([h, ...(Array.isArray(h.redirects) ? h.redirects : [null])])
    : Number.isInteger(h.failure) && h.failure >= 0 && h.failure <= 4 && typeof h.text === "string" && Array.isArray(h.heard) && areHeads(h.heard));

/** @param {any[]} heads */
const areHeads = (heads) => heads.every((h) =>
  Number.isInteger(h?.status) && h.status >= 0 && typeof h.headers === "object" && h.headers !== null &&
  Object.values(h.headers).every((value) => typeof value === "string"));
