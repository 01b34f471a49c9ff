// @ts-check
// Which instance of app.wasm runs a batch of fills: how many may run at once, who waits for a place, and which are kept for
// another batch. An isolate has one of each, which its requests share; so nothing here belongs to a request but the promise and
// the timer of each that waits.

/** @typedef {import("./go.mjs").Instance} Instance */
/** @typedef {{ most: number, kept: number }} Limits  instances that run batches at once, and that are kept in between */
/** @typedef {{ since: number, claimed: boolean }} Place  claimed: who was given it has come */

/** A batch that has held its place for longer, in milliseconds, has lost its context: no fill may take more than 25 s. */
const longestHeld = 30_000;

/** Who does not come for the place that he was given, in milliseconds, has lost his. */
const longestUnclaimed = 2_000;

/** How often one who waits looks for places that are lost, in milliseconds. */
const lookEvery = 1_000;

/** Places for batches. Who finds none waits in line; who was first is first. */
export class Places {
  constructor(now = () => Date.now()) {
    this.now = now;
    /** @type {Set<Place>} */
    this.held = new Set();
    /** @type {{ most: number, give: (place: Place) => void }[]} */
    this.line = [];
  }

  /**
   * A place, to be given back by leave; null if nobody waits for it any more.
   * @param {number} most how many there are @param {Promise<unknown>} late settles when nobody waits @returns {Promise<Place | null>}
   */
  async enter(most, late) {
    this.#findLost();
    if (this.line.length === 0 && this.held.size < most) return this.#hold(true);
    /** @type {Place | null} */
    let given = null;
    const waiting = { most, give: (/** @type {Place} */ _) => {} };
    const turn = new Promise((resolve) => {
      waiting.give = (place) => {
        given = place;
        resolve(undefined); // in this request's own context it goes on
      };
    });
    this.line.push(waiting);
    const looks = setInterval(() => this.#findLost(), lookEvery);
    let over = false;
    await Promise.race([turn, late.then(() => (over = true))]);
    clearInterval(looks);
    const place = /** @type {Place | null} */ (given);
    if (!over && place !== null) {
      place.claimed = true;
      return place;
    }
    if (place !== null) this.leave(place);
    else this.line.splice(this.line.indexOf(waiting), 1);
    return null;
  }

  /** @param {Place} place */
  leave(place) {
    if (this.held.delete(place)) this.#next();
  }

  /** @param {boolean} claimed */
  #hold(claimed) {
    const place = { since: this.now(), claimed };
    this.held.add(place);
    return place;
  }

  #next() {
    for (let first = this.line[0]; first !== undefined && this.held.size < first.most; first = this.line[0]) {
      this.line.shift();
      first.give(this.#hold(false));
    }
  }

  #findLost() {
    const now = this.now();
    for (const place of this.held) {
      if (now - place.since > (place.claimed ? longestHeld : longestUnclaimed)) this.held.delete(place);
    }
    this.#next();
  }
}

/** An instance is done with after so many batches. */
const maxBatches = 1000;

/** And with so many values of JavaScript that Go refers to: syumai/workers leaves eight behind for each fetch. */
const maxValues = 10_000;

/** And with so much linear memory, in bytes, which never shrinks. Most begin with 8 MiB. */
const maxMemory = 32 << 20;

/** Those that are kept have no more together. */
const maxMemoryOfAll = 64 << 20;

/** Instances in which nothing is left of a batch. */
export class Kept {
  constructor() {
    /** The last used is last. @type {Instance[]} */
    this.idle = [];
  }

  /**
   * One for the next batch. Package variables may have been made of the variables and bindings that it began with.
   * @param {any} env @returns {Instance | null}
   */
  take(env) {
    this.idle = this.idle.filter((app) => !app.over);
    const at = this.idle.findLastIndex((app) => app.context.env === env);
    return at < 0 ? null : this.idle.splice(at, 1)[0];
  }

  /** Keeps an instance, if it is not worn, and no more than so many. @param {Instance} app @param {number} most */
  give(app, most) {
    if (app.batches >= maxBatches || app.values() > maxValues || app.memory() > maxMemory) return app.end("it is worn");
    app.rest();
    this.idle.push(app);
    this.shrink(most);
  }

  /** Ends those that have not been used for the longest time. @param {number} most how many may be kept */
  shrink(most) {
    let bytes = 0;
    let keep = this.idle.length;
    while (keep > 0 && this.idle.length - keep < most && (bytes += this.idle[keep - 1].memory()) <= maxMemoryOfAll) keep--;
    for (const app of this.idle.splice(0, keep)) app.end("others are kept");
  }
}
