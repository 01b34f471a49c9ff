// @ts-check
// Answers that are given again without an event: what the engine has said of a URL holds until a time, and until something of it
// changes. That shows in numbers in the instance's memory, which are looked at each time: so each ends by itself, and no event
// has to end all of them.

/** @typedef {import("./core.mjs").Head} Head */
/**
 * @typedef {{
 *   url: string, head: Head, body: Uint8Array, until: number, page: number, parts: Uint32Array, sum: number, uses: number, used: boolean,
 * }} Repeat  until: milliseconds, as the core's now() counts them; page: its address, for the engine; parts: where the numbers lie,
 * in words; sum: of them, each of which only grows; uses: since the engine was told; used: since it was last spared
 */

/** So many bytes may be taken by what only the repeats hold: URLs, where the numbers lie, and what each needs besides. */
const maxBytes = 2 << 20;
const overhead = 400;

/** @param {{ url: string, parts: Uint32Array }} repeat */
const bytesOf = ({ url, parts }) => 2 * url.length + parts.byteLength + overhead;

export class Repeats {
  constructor() {
    /** By URL, in the order in which they came. @type {Map<string, Repeat>} */
    this.all = new Map();
    this.bytes = 0;
    /** The instance's memory in words, of which view is the bytes. @type {Uint32Array} */
    this.words = new Uint32Array(0);
    /** @type {Uint8Array} */
    this.view = new Uint8Array(0);
    /** Answers that the engine has not been told of, when the last was, by the clock, and what was given by them. */
    this.count = 0;
    this.last = 0;
    /** @type {Repeat[]} */
    this.touched = [];
  }

  /**
   * @param {string} url @param {number} now @param {Uint8Array} view of all of the instance's memory
   * @returns {Repeat | undefined}
   */
  find(url, now, view) {
    const found = this.all.get(url);
    if (found === undefined) return undefined;
    if (now < found.until && found.sum === this.sum(found.parts, view)) return found;
    this.remove(found);
    return undefined;
  }

  /** @param {Uint32Array} parts @param {Uint8Array} view */
  sum(parts, view) {
    if (view !== this.view) {
      this.view = view;
      this.words = new Uint32Array(view.buffer);
    }
    const { words } = this;
    let sum = 0;
    for (let i = 0; i < parts.length; i++) sum += words[parts[i]];
    return sum;
  }

  /** Counts an answer. @param {Repeat} repeat @param {number} now as the clock has it */
  use(repeat, now) {
    this.count++;
    this.last = now;
    repeat.used = true;
    if (repeat.uses++ === 0) this.touched.push(repeat);
  }

  /** How often one was given since the engine was told. @param {Repeat} repeat */
  tell(repeat) {
    const { uses } = repeat;
    repeat.uses = 0;
    return uses;
  }

  told() {
    this.count = 0;
    this.touched = [];
  }

  /**
   * @param {string} url @param {Head} head @param {Uint8Array} body @param {number} until
   * @param {number} page @param {Uint32Array} at addresses in the instance's memory, for this call @param {Uint8Array} view of all of that
   */
  add(url, head, body, until, page, at, view) {
    const old = this.all.get(url);
    if (old !== undefined) this.remove(old);
    const parts = at.map((address) => address >>> 2);
    const bytes = bytesOf({ url, parts });
    if (bytes > maxBytes) return;
    for (const oldest of this.all.values()) {
      if (this.bytes + bytes <= maxBytes) break;
      this.remove(oldest);
      if (oldest.used) { // it gets a second round
        oldest.used = false;
        this.insert(oldest);
      }
    }
    this.insert({ url, head, body, until, page, parts, sum: this.sum(parts, view), uses: 0, used: false });
  }

  /** @param {Repeat} repeat */
  insert(repeat) {
    this.all.set(repeat.url, repeat);
    this.bytes += bytesOf(repeat);
    (repeat.head.repeats ??= new Set()).add(repeat);
  }

  /** @param {Repeat} repeat */
  remove(repeat) {
    this.all.delete(repeat.url);
    this.bytes -= bytesOf(repeat);
    repeat.head.repeats?.delete(repeat);
  }

  /** A head is no more. @param {Head} head */
  drop(head) {
    if (head.repeats !== undefined) for (const repeat of head.repeats) this.remove(repeat);
  }

  /** Ends all. */
  end() {
    for (const { head } of this.all.values()) head.repeats = undefined;
    this.all.clear();
    this.bytes = 0;
  }
}
