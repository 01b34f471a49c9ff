// @ts-check
// One request and its answer. Whatever belongs to a request (its stream, timers, promises) is touched in its own context
// only; another request's event may do no more to it than wake it.

import { administer } from "./admin.mjs";
import { appInstances } from "./app-instances.mjs";
import { CrashError } from "./core.mjs";
import { stateOf } from "./analytics.mjs";
import { maxConnecting, runFills } from "./fills.mjs";
import { hostForm } from "./forwarded.mjs";
import { failure } from "./not-found.mjs";
import { passThrough } from "./pass.mjs";
import { namedAs } from "./say.mjs";
import { end, tracingOf, tracingOfQuick } from "./trace.mjs";

/** @typedef {import("./core.mjs").Core} Core */
/** @typedef {import("./core.mjs").Head} Head */
/** @typedef {import("./fills.mjs").Fill} Fill */
/** @typedef {import("./view.mjs").Poll | import("./view.mjs").Purge | import("./tiers.mjs").Find} Asked */

/** The methods that the core tells apart, by their number there; any other is the next number. */
const methods = ["GET", "HEAD", "POST"];

/** A streamed answer's queued bytes are joined into chunks of about this size. */
const chunkSize = 64 << 10;

/**
 * A timer that comes this late, in milliseconds, comes after something that held the isolate. What that was may have ended the
 * fills that are waited for, and be about to say so.
 */
const heldUp = 100;

/** Whether a WebSocket is asked for, which is no GET of a page, whatever its URL has. @param {Request} request */
const isUpgrade = ({ headers }) => headers.get("upgrade")?.toLowerCase() === "websocket";

/** @param {Request} request */
function methodOf(request) {
  const known = isUpgrade(request) ? -1 : methods.indexOf(request.method);
  return known < 0 ? methods.length : known;
}

/** The last Host field that was one. */
let knownHost = "";

/**
 * Path and query as they came. Bare workerd gives as URL whatever Host says with the target after it, so a slash in the one
 * would move the other's beginning: an empty target, which the engine refuses, is that of a request whose Host is no host
 * or whose target has no path.
 * @param {Request} request
 */
function targetOf(request) {
  const host = request.headers.get("host");
  if (host !== knownHost && host !== null) {
    if (!hostForm.test(host)) return "";
    knownHost = host;
  }
  const url = request.url;
  const path = url.indexOf("/", url.indexOf("//") + 2);
  return path < 0 ? "" : url.slice(path);
}

/** @param {Core} core @param {Head} head @param {BodyInit | null} body */
function responseOf(core, head, body) {
  const response = new Response(body, head.init);
  if (body === null && head.length !== "") response.headers.set("content-length", head.length);
  if (core.settings.debug) response.headers.set("inlay-app-instances", String(appInstances()));
  return response;
}

/**
 * The first event of a request, whichever: one object serves all. Most requests are answered in it. Only what is left over
 * gets an Exchange, since what that leaves to the garbage collector shows in a warm page's cost.
 */
export class Opening {
  /** @param {(env: any) => Core} cores makes or finds the isolate's core */
  constructor(cores) {
    this.cores = cores;
    this.id = 0;
    this.crashes = 0;
    /** @type {any} */
    this.request = null;
    /** @type {any} */
    this.env = null;
    /** @type {any} */
    this.ctx = null;
    /** @type {any} */
    this.core = null;
    /** @type {Response | null} */
    this.response = null;
    /** Its head. @type {Head | null} */
    this.head = null;
    /** Of the page that answers, among those of the build; -1: none does. */
    this.index = -1;
    /** @type {Exchange | null} */
    this.rest = null;
  }

  /** @param {Request} request @param {any} env @param {ExecutionContext} ctx @returns {Response | Promise<Response>} */
  answer(request, env, ctx) {
    const core = this.cores(env);
    const target = targetOf(request);
    const now = core.now();
    if (now >= core.windowEnds) core.endWindow();
    const again = target === "" ? undefined : core.repeats.find(request, now, core.bytes());
    if (again !== undefined && request.method === "GET" && !request.headers.has("if-none-match") && !isUpgrade(request)
      && !(core.front.trusts && !core.front.isPlain(request))) {
      core.repeats.use(again, now - core.stepped);
      if (again.head.tally !== undefined) again.head.tally.count++;
      return responseOf(core, again.head, again.body);
    }
    if (core.front.isLoop(request)) {
      return failure(request, core.shells, core.settings.dev, 508, core.front.loop(request), "This site's origin leads to the site itself.");
    }
    this.core = core;
    this.request = request;
    this.env = env;
    this.ctx = ctx;
    const tracing = tracingOfQuick(ctx);
    const route = tracing?.startSpan("inlay.route");
    try {
      core.handle(this, methodOf(request), target, 0);
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
      this.exchange().restart();
    }
    const { response, rest, head, index } = this;
    this.request = this.env = this.ctx = this.response = this.rest = this.head = null;
    if (rest !== null && rest.index < 0) rest.index = index;
    if (route !== undefined) end(route, { "inlay.page": core.patternOf(index) });
    if (rest !== null) rest.said ??= head;
    else if (tracing !== null && head !== null) end(tracing.startSpan("inlay.compose"), composedOf(core, index, head, true));
    const { analytics } = core;
    if (analytics !== null) {
      if (head !== null) analytics.answered(index, head, true);
      if (now >= analytics.due) analytics.write();
    }
    if (rest === null) return /** @type {Response} */ (response);
    rest.settle();
    return response ?? rest.response ?? rest.held();
  }

  /** Whoever goes on with the request, or with what its event has asked for though it is answered. */
  exchange() {
    return (this.rest ??= new Exchange(this.request, this.env, this.ctx, this.core, this.cores, this.id));
  }

  /** @param {Head} head @param {Uint8Array | null} body */
  send(head, body) {
    this.head = head;
    this.response = responseOf(this.core, head, body);
  }
}

/** What the span of a page says. @param {Core} core @param {number} index @param {Head} head @param {boolean} whole */
const composedOf = (core, index, { init }, whole) => ({
  "inlay.page": core.patternOf(index), "inlay.state": stateOf(init), "inlay.whole": whole, "http.response.status_code": init.status,
  "inlay.cache_status": init.headers.get("cache-status") ?? "",
});

/**
 * A request as it is after an answer to it was begun: its visitor has the cookies that the engine has set in that. Another engine
 * would give him another share, and the rest of the page with it.
 * @param {Request} request @param {Head | null} begun
 */
function told(request, begun) {
  const cookies = begun?.init.headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]) ?? [];
  if (cookies.length === 0) return request;
  const headers = new Headers(request.headers);
  const own = headers.get("cookie");
  headers.set("cookie", (own === null ? cookies : [...cookies, own]).join("; "));
  return namedAs(new Request(request, { headers }), request);
}

/**
 * What tells the core that a leader's context has gone. It holds nothing of the request that asked for it, which may have left
 * long before.
 * @param {Core} core @param {Exchange} leader
 */
function whenLost(core, leader) {
  return () => {
    try {
      core.leaderLost(leader);
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
    }
  };
}

export class Exchange {
  /**
   * @param {Request} request
   * @param {any} env
   * @param {ExecutionContext} ctx
   * @param {Core} core
   * @param {(env: any) => Core} cores makes or finds the isolate's core
   * @param {number} id
   */
  constructor(request, env, ctx, core, cores, id) {
    this.request = request;
    this.env = env;
    this.ctx = ctx;
    this.core = core;
    this.cores = cores;
    this.id = id;
    /** @type {Response | null} */
    this.response = null;
    /** The head of an answer that comes bit by bit. @type {Head | null} */
    this.begun = null;
    /** See Opening. */
    this.index = -1;
    /** The head of an answer that is to be counted. @type {Head | null} */
    this.uncounted = null;
    /** Its head, once it has one. @type {Head | null} */
    this.said = null;
    /** Who makes spans for the request; null: nobody. */
    this.tracing = tracingOf(ctx);
    /** Of what it is answered with, until all of it is there. */
    this.composing = this.tracing?.startSpan("inlay.compose");
    /** Of its waiting for fills that others lead, by those. @type {Map<number, { span: import("./trace.mjs").Span, slot: string, page: string }> | null} */
    this.waits = null;
    /** @type {Uint8Array[]} */
    this.queue = [];
    this.writes = 0;
    this.finished = false;
    this.passed = false;
    this.host = "";
    /** Of which the origin is asked; "": of what came. */
    this.target = "";
    /** Whether the URL it was passed on for is known to be that of a page with slots. */
    this.shell = false;
    /** The origin's page that answers, composed as it arrives. @type {import("./open-page.mjs").OpenPage | null} */
    this.page = null;
    /** Whether the answer is to end as one that broke off. */
    this.broken = false;
    this.left = false;
    this.crashes = 0;
    this.until = 0;
    /** When it was first seen to be so late that its context may have gone; 0: it was not. */
    this.late = 0;
    /** Fills that this request leads and has not begun yet. @type {Fill[]} */
    this.fills = [];
    /** How many of them, the first, others had queued. */
    this.taken = 0;
    /** Whether the next is one of these. */
    this.taking = false;
    /** Those that wait for a lane, and how many lanes there are: see runRemote. @type {import("./fills.mjs").Queued[]} */
    this.line = [];
    this.lanes = 0;
    this.woken = false;
    /** Never settles; with this request's context it ends, and those who wait on it are told. @type {Promise<never> | null} */
    this.lifeline = null;
    /** Those whose fills this request waits for; each is watched once. @type {WeakSet<Exchange> | null} */
    this.watched = null;
    /** Ends the wait in progress. @type {(() => void) | null} */
    this.endWait = null;
    /** What the event asked of the purge log and of what lies below. @type {Asked[] | null} */
    this.asked = null;
    /** Settles when the log has been told of the purge that the request was for. @type {Promise<void> | null} */
    this.purging = null;
    /** How many entries that reached here, and its number in the log; or why it is not known whether the log has it. @type {{ entries: number, seq: number } | string} */
    this.told = "";
    /** Whether the path is one of inlay's own, so that the answer is admin.mjs's. */
    this.internal = false;
  }

  exchange() {
    return this;
  }

  /** @param {Asked} asked */
  ask(asked) {
    (this.asked ??= []).push(asked);
  }

  /** The answer of a request that waits before its head can leave, or that goes to the origin. */
  async held() {
    await this.untilAnswered();
    if (this.left) return new Response(null, { status: 499 }); // nobody reads it
    if (this.response !== null) return this.response;
    if (!this.internal) return passThrough(this, targetOf(this.request));
    const response = await administer(this, isUpgrade(this.request) ? "UPGRADE" : this.request.method, targetOf(this.request));
    if (this.core.settings.debug) response.headers.set("inlay-app-instances", String(appInstances()));
    return response;
  }

  /** Waits until there is an answer, or the origin is to give it. */
  async untilAnswered() {
    const leave = () => this.leave();
    this.request.signal.addEventListener("abort", leave);
    while (this.response === null && !this.passed && !this.left && !this.broken) await this.turn();
    this.request.signal.removeEventListener("abort", leave);
  }

  /**
   * Answers with a page of the origin's, if the core says that it is composed.
   * @param {import("./open-page.mjs").OpenPage} page
   * @returns {Promise<Response | null>} null: it is not, and was not touched
   */
  async compose(page) {
    if (this.crashes > 1) return null;
    if (this.core.crashed) {
      this.core = this.cores(this.env);
      this.id = this.core.nextId();
    }
    this.page = page;
    this.passed = false;
    try {
      this.passed = !page.begin(this);
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
      this.restart();
    }
    if (this.passed && !page.touched) {
      this.page = null;
      return null;
    }
    this.settle();
    await this.untilAnswered();
    if (this.left) return new Response(null, { status: 499 });
    if (this.response !== null) return this.response;
    page.close();
    this.page = null;
    if (this.broken) throw new Error("its answer broke off");
    return passThrough(this, page.target); // there was no core that could compose it
  }

  /**
   * Runs an event of this request. If the core crashes the request starts over on a new one, once, and goes on from what
   * was sent; the second time it goes to the origin.
   * @param {() => void} call
   */
  event(call) {
    try {
      call();
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
      this.restart();
    }
    this.settle();
  }

  /** After an event: begins the fills that it asked for. */
  settle() {
    if (this.uncounted !== null) {
      this.said ??= this.uncounted;
      this.core.analytics?.answered(this.index, this.uncounted, this.begun === null);
      this.uncounted = null;
    }
    if (this.waits !== null) this.endWaits();
    if (this.finished || this.passed) {
      this.endSpan();
      this.core.waiting.delete(this.id);
      if (this.finished) this.page?.close();
    }
    this.taken = 0;
    // A request has six connections at a time, and those of fills may be taken for long.
    if (this.asked !== null) this.runAsked(this.asked);
    if (this.fills.length > 0) runFills(this, this.fills.splice(0));
  }

  /** Tells of what it was answered with. */
  endSpan() {
    if (this.composing === undefined) return;
    if (this.said !== null && !this.passed) end(this.composing, composedOf(this.core, this.index, this.said, this.begun === null));
    else end(this.composing, { "inlay.passed": this.passed, "inlay.left": this.left });
    this.composing = undefined;
  }

  /** Tells of the fills of others that are waited for no more. */
  endWaits() {
    const over = this.finished || this.left;
    for (const [fill, { span, slot, page }] of this.waits ?? []) {
      if (!over && this.core.led.has(fill)) continue;
      this.waits?.delete(fill);
      end(span, { "inlay.page": page, "inlay.slot": slot, "inlay.collapsed": true });
    }
  }

  /** Each goes on though the request has its answer, or its client has left. @param {Asked[]} all */
  runAsked(all) {
    this.asked = null;
    const { log, tiers } = this.core;
    if (log === null || tiers === null) return; // there is nobody to ask, and the core does not
    for (const asked of all) {
      /** @type {Promise<void>} */
      let run;
      if ("subjects" in asked) run = this.purging = log.purge(this, asked);
      else if ("poll" in asked) run = log.poll(this, asked);
      else run = tiers.find(this, asked);
      this.ctx.waitUntil(run);
    }
  }

  restart() {
    this.asked = null;
    this.fills.length = this.taken = 0;
    this.taking = false;
    if (this.finished || this.passed) return;
    if (++this.crashes > 1) {
      this.giveUp();
      return;
    }
    this.core = this.cores(this.env);
    this.request = told(this.request, this.begun);
    try {
      if (this.page !== null) {
        this.id = this.core.nextId();
        if (!this.page.again(this)) this.giveUp();
      } else this.core.handle(this, methodOf(this.request), targetOf(this.request), this.writes);
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
      this.giveUp();
    }
  }

  giveUp() {
    if (this.response === null) this.passed = true;
    else if (this.page !== null) this.break();
    else this.finished = true;
  }

  /** Waits until another request wakes this one or its own time has come, then runs that event. */
  async turn() {
    const { page } = this;
    page?.read(this);
    let timed = !this.woken && !page?.arrived && !this.core.crashed && (await this.sleep());
    if (timed && this.core.now() - this.until > heldUp) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      timed = !this.woken;
    }
    const over = this.left || this.finished || this.passed; // what it had asked for may have ended it
    if (!over && page?.arrived && !this.core.crashed) {
      this.event(() => page.tell(this)); // and if it was woken too, that comes next
      return;
    }
    this.woken = false;
    if (over) return;
    this.event(() => {
      if (this.core.crashed) throw new CrashError("the core has crashed");
      if (timed) this.core.deadline(this);
      else this.core.resume(this);
    });
  }

  /**
   * This request's own promise with its own timer: another request only resolves it, and a request that waits on nothing
   * of its own would be ended as hung.
   * @returns {Promise<boolean>} whether it was the timer
   */
  async sleep() {
    /** @type {ReturnType<typeof setTimeout> | null} */
    let timer = null;
    // One whose page goes on may wait for nothing else.
    const timeless = this.page?.reading && this.core.waiting.get(this.id) !== this;
    /** @type {Promise<boolean>} */
    const over = new Promise((resolve) => {
      if (!timeless) timer = setTimeout(() => resolve(true), Math.max(1, Math.ceil(this.until - this.core.now())));
      this.endWait = () => resolve(false);
    });
    const timed = await over;
    clearTimeout(timer);
    this.endWait = null;
    return timed;
  }

  /** Called in another request's context: nothing of this request's may be touched, not even its timer. */
  wake() {
    this.woken = true;
    this.endWait?.();
  }

  leave() {
    if (this.left || this.finished) return;
    this.left = true;
    this.endSpan();
    this.endWaits();
    this.page?.close();
    this.queue.length = 0;
    this.watched = null;
    try {
      this.core.leave(this.id);
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
    }
    this.endWait?.();
  }

  // What the engine asks.

  /** @param {Head} head @param {Uint8Array | null} body */
  send(head, body) {
    this.uncounted = this.headOf(head);
    this.response = responseOf(this.core, this.uncounted, body);
    this.finished = true;
  }

  /** Over an origin's page the engine's head has no status and not all fields, unless it says that there is nothing to show. @param {Head} head @returns {Head} */
  headOf(head) {
    return this.page === null || head.init.status !== 200 ? head : { ...head, init: this.page.head(head.init) };
  }

  /** @param {Head} head */
  respond(head) {
    this.begun = head;
    this.uncounted = this.headOf(head);
    this.response = responseOf(this.core, this.uncounted, this.body());
    // Wrangler's development server compresses, and so holds back, what does not name its encoding.
    if (this.core.settings.dev) this.response.headers.set("content-encoding", "identity");
  }

  /** @param {Uint8Array} bytes */
  write(bytes) {
    this.queue.push(bytes);
    this.writes++;
    if (this.page !== null) this.page.ahead = 0;
  }

  finish() {
    this.finished = true;
  }

  /** The answer ends as one that broke off: its client must not take it for whole. */
  break() {
    this.finished = this.broken = true;
  }

  /**
   * @param {string} host of INLAY_HOSTS that it came for, "" if there is none @param {string} target of which the origin is asked, "" if that is what came
   * @param {boolean} shell whether the URL is that of a page with slots
   */
  pass(host, target, shell) {
    this.passed = true;
    this.host = host;
    this.target = target;
    this.shell = shell;
  }

  /** The path is one of inlay's own, or could be read so. */
  admin() {
    this.passed = this.internal = true;
  }

  /** @param {number} until milliseconds, as the core counts them */
  wait(until) {
    this.until = until;
    this.late = 0;
  }

  /**
   * @param {number} fill that another request leads
   * @returns {boolean} whether that one has it in its queue, and this one, which can begin it at once, leads it from here on
   */
  watch(fill) {
    const core = this.core;
    const led = core.led.get(fill);
    if (led === undefined) return false;
    led.fill.joined = (led.fill.joined ?? 0) + 1;
    if (this.tracing !== null && !this.waits?.has(fill)) {
      const { slot = "", pagePattern: page = "" } = led.fill;
      (this.waits ??= new Map()).set(fill, { span: this.tracing.startSpan("inlay.wait"), slot, page });
    }
    const leader = led.leader;
    if (led.waits && this.lanes + this.taken < maxConnecting) {
      led.waits = false;
      led.moved = true;
      core.led.delete(fill);
      led.stop();
      return (this.taking = true);
    }
    if (this.watched?.has(leader)) return false;
    (this.watched ??= new WeakSet()).add(leader);
    led.lifeline.catch(whenLost(core, leader));
    return false;
  }

  /** The answer's body: it asks for more only when the client has taken what there was. */
  body() {
    return new ReadableStream({
      pull: async (controller) => {
        while (this.queue.length === 0 && !this.finished && !this.left) await this.turn();
        const chunk = this.takeChunk();
        if (chunk !== null) controller.enqueue(chunk);
        if (this.queue.length > 0 || (!this.finished && !this.left)) return;
        if (!this.broken) controller.close();
        else if (chunk === null) controller.error(new Error("the origin's answer broke off"));
      },
      cancel: () => this.leave(),
    }, { highWaterMark: 0 });
  }

  takeChunk() {
    let count = 0;
    let size = 0;
    while (count < this.queue.length && (count === 0 || size + this.queue[count].length <= chunkSize)) {
      size += this.queue[count++].length;
    }
    const parts = this.queue.splice(0, count);
    if (parts.length < 2) return parts[0] ?? null;
    const chunk = new Uint8Array(size);
    let end = 0;
    for (const part of parts) {
      chunk.set(part, end);
      end += part.length;
    }
    return chunk;
  }
}
