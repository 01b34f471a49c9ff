// @ts-check
// One instance of app.wasm: Go's own wasm_exec.js, and around it what syumai/workers expects to find and what a Worker has
// to know: when the instance is ready, what it writes to its log, and that it has ended, whatever it ended of.

import { connect } from "cloudflare:sockets";
import module from "./app.wasm";
import "./wasm_exec.js";

/**
 * What syumai/workers reads env and ctx from, and where Go puts what JavaScript is to call.
 * @typedef {{ env: any, ctx: ExecutionContext | undefined, connect: unknown, binding: any }} Context  ctx: none while it rests
 */

/** Whose code runs. Go's functions are only ever entered through an Instance. @type {Instance | null} */
let running = null;

// js.Global() is globalThis itself, so that its functions find the receiver that they need: fetch and setTimeout refuse a
// Proxy in its place. What is an instance's own there, syumai/workers' context, is told by whose code asks.
Object.defineProperty(globalThis, "context", { configurable: true, get: () => running?.context });

/** How syumai/workers catches an exception of JavaScript. @param {() => unknown} call */
globalThis.tryCatch = (call) => {
  try {
    return { result: call() };
  } catch (error) {
    return { error };
  }
};

/** What a dying program says is kept up to this length: a trace of all its goroutines may be long. */
const maxLastWords = 8 << 10;

/** The level that log/slog's handlers write into a line, for console's methods. */
const level = /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d |time=\S+ level=|\{"time":"[^"]*","level":")(ERROR|WARN)\b/;

/** @param {string} text */
function log(text) {
  switch (level.exec(text)?.[1]) {
    case "ERROR": return console.error(text);
    case "WARN": return console.warn(text);
    default: return console.log(text);
  }
}

/** An instance that has ended: the text says of what. */
export class EndedError extends Error {
  /** @param {string} text @param {number} code of os.Exit, 0 where main returned; -1: it ended of something else */
  constructor(text, code) {
    super(text);
    this.code = code;
  }
}

/** What the runtime says to who touches what another request has made. */
const anothers = /^Cannot perform I\/O on behalf of a different /;

/** The numbers by which Go knows values of JavaScript; each that it gets comes by here. */
class Known extends Map {
  /** @param {Iterable<[any, any]>} values @param {(error: Error) => void} refuse */
  constructor(values, refuse) {
    super();
    for (const [value, id] of values) this.set(value, id);
    this.refuse = refuse;
  }

  /** @param {any} value */
  get(value) {
    if (value instanceof Error && anothers.test(value.message)) this.refuse(value);
    return super.get(value);
  }
}

/** @typedef {{ due: number, timer: ReturnType<typeof setTimeout> | null }} Timer  due: as Date.now() has it; timer: null while it rests */

export class Instance extends globalThis.Go {
  /** @param {any} env @param {ExecutionContext} ctx @param {Record<string, string>} environ of the program: os.Getenv */
  constructor(env, ctx, environ) {
    super();
    this.env = environ;
    /** @type {Context} */
    this.context = { env, ctx: /** @type {ExecutionContext | undefined} */ (ctx), connect, binding: {} };
    this.over = false;
    /** Batches that it has begun. */
    this.batches = 0;
    /** Between two batches: whoever calls into it then is a rest of an older one. */
    this.resting = false;
    /** Whether it ended of something that a handler has kept of another request. */
    this.keptAnothers = false;
    /** How many goroutines there are where nothing is left of a batch; -1: that is not known. */
    this.atRest = -1;
    /** Go's timers, by its number: there is one at most. @type {Map<number, Timer>} */
    this.timers = new Map();
    this.importObject.gojs["runtime.scheduleTimeoutEvent"] = (/** @type {number} */ sp) => {
      const at = sp >>> 0;
      const delay = this.mem.getUint32(at + 8, true) + this.mem.getInt32(at + 12, true) * 2 ** 32;
      const id = this._nextCallbackTimeoutID++;
      this.timers.set(id, { due: Date.now() + delay, timer: null });
      this.arm(id);
      this.mem.setInt32(at + 16, id, true);
    };
    this.importObject.gojs["runtime.clearTimeoutEvent"] = (/** @type {number} */ sp) => {
      const id = this.mem.getInt32((sp >>> 0) + 8, true);
      clearTimeout(this.timers.get(id)?.timer ?? null);
      this.timers.delete(id);
    };
    /** Lines that have no end yet, by file descriptor. @type {Map<number, { text: string, decoder: TextDecoder }>} */
    this.lines = new Map();
    /** What the Go runtime itself has written: its last words, if it dies of something. */
    this.words = { text: "", decoder: new TextDecoder() };
    /** @type {(value: void) => void} */
    let ready = () => {};
    this.ready = new Promise((resolve) => (ready = resolve));
    this.importObject.workers = { ready };
    /** @type {(error: EndedError) => void} */
    this.tellEnd = () => {};
    /** Rejected with an EndedError when the instance has ended. @type {Promise<never>} */
    this.ended = this.willEnd();
    this._resolveExitPromise = () => {}; // nobody waits for it, and it would be the first request's
    this.exit = (/** @type {number} */ code) => this.end(`exit code ${code}`, code);
  }

  /** A promise of the request that is here now; one of another's would never settle. @returns {Promise<never>} */
  willEnd() {
    const ended = new Promise((_, reject) => (this.tellEnd = reject));
    ended.catch(() => {});
    return /** @type {Promise<never>} */ (ended);
  }

  /** Starts it, and waits until main is ready for requests. */
  async start() {
    const outer = running;
    running = this;
    try {
      // An exception out of main comes by this promise; an exit came by exit before.
      this.run(new WebAssembly.Instance(module, this.importObject)).catch((/** @type {unknown} */ error) => this.end(String(error)));
    } finally {
      running = outer;
    }
    await Promise.race([this.ready, this.ended]);
    return this;
  }

  /** Every way into Go leads through here, but for the first. */
  _resume() {
    if (this.resting) this.end("what a batch had left called into it after its end");
    if (this.over) return; // nobody is left to be told
    const outer = running;
    running = this;
    try {
      super._resume();
    } catch (error) {
      this.end(String(error));
    } finally {
      running = outer;
    }
  }

  /**
   * The next batch of an instance that has rested: its timers go on, in the context of the request that is here now, and what
   * is another's ends it.
   * @param {any} env @param {ExecutionContext} ctx
   */
  wake(env, ctx) {
    this.context.env = env;
    this.context.ctx = ctx;
    this.resting = false;
    this.ended = this.willEnd();
    if (!(this._ids instanceof Known)) {
      this._ids = new Known(this._ids, (error) => {
        this.keptAnothers = true;
        throw error;
      });
    }
    for (const id of this.timers.keys()) this.arm(id);
  }

  /** Nothing of a batch is left: its timers stop until the next, since they are of this request's. */
  rest() {
    this.resting = true;
    this.context.ctx = undefined;
    this.tellEnd = () => {};
    for (const timer of this.timers.values()) {
      clearTimeout(timer.timer);
      timer.timer = null;
    }
  }

  /** Sets one of Go's timers, for what is left of its time. @param {number} id */
  arm(id) {
    const timer = this.timers.get(id);
    if (timer === undefined || this.resting) return;
    timer.timer = setTimeout(() => {
      this._resume();
      // As in wasm_exec.js: Go may have missed it (golang.org/issue/28975).
      while (this.timers.has(id)) this._resume();
    }, Math.max(0, timer.due - Date.now()));
  }

  /** How many goroutines there are, asked in an event of its own. */
  goroutines() {
    return /** @type {number | undefined} */ (this.context.binding.goroutines?.()) ?? -1;
  }

  /** How many values of JavaScript it refers to. */
  values() {
    return this._values?.length ?? 0;
  }

  /** Its linear memory, in bytes. */
  memory() {
    return this.mem?.buffer.byteLength ?? 0;
  }

  /** @param {string} why @param {number} [code] */
  end(why, code = -1) {
    if (this.over) return;
    this.over = true;
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    /** @type {any} */ (this)._inst = null; // whoever called out of it and comes back finds nothing, and what it held is free
    const words = this.words.text.trim();
    this.words.text = "";
    this.flush();
    this.tellEnd(new EndedError(`app.wasm has ended: ${why}${words === "" ? "" : `\n${words}`}`, code));
  }

  /** What a handler has written to a file: the log. @param {number} fd @param {Uint8Array} bytes */
  write(fd, bytes) {
    let line = this.lines.get(fd);
    if (line === undefined) this.lines.set(fd, (line = { text: "", decoder: new TextDecoder() }));
    line.text += line.decoder.decode(bytes, { stream: true });
    const end = line.text.lastIndexOf("\n");
    if (end < 0) return;
    log(line.text.slice(0, end));
    line.text = line.text.slice(end + 1);
  }

  /** What the runtime writes by itself, a few bytes at a time: panics, fatal errors, println. @param {Uint8Array} bytes */
  mutter(bytes) {
    const { words } = this;
    const text = words.decoder.decode(bytes, { stream: true });
    if (words.text.length < maxLastWords) words.text += text;
  }

  /** Logs what has no end of line yet. */
  flush() {
    for (const line of [this.words, ...this.lines.values()]) {
      if (line.text !== "") log(line.text.trimEnd());
      line.text = "";
    }
  }
}

// The log of whoever runs. wasm_exec.js has one buffer for all, which mixes their lines.
globalThis.fs.writeSync = (/** @type {number} */ _fd, /** @type {Uint8Array} */ bytes) => {
  running?.mutter(bytes);
  return bytes.length;
};
globalThis.fs.write = (
  /** @type {number} */ fd, /** @type {Uint8Array} */ bytes, /** @type {number} */ offset, /** @type {number} */ length,
  /** @type {null} */ _position, /** @type {(error: null, n: number) => void} */ callback,
) => {
  running?.write(fd, bytes.subarray(offset, offset + length));
  callback(null, length);
};
