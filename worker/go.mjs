// @ts-check
// One instance of app.wasm: Go's own wasm_exec.js, and around it what syumai/workers expects to find and what a Worker has
// to know: when the instance is ready, what it writes to its log, and that it has ended, whatever it ended of.

import { connect } from "cloudflare:sockets";
import module from "./app.wasm";
import "./wasm_exec.js";

/**
 * What syumai/workers reads env and ctx from, and where Go puts what JavaScript is to call.
 * @typedef {{ env: any, ctx: ExecutionContext, connect: unknown, binding: any }} Context
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

export class Instance extends globalThis.Go {
  /** @param {any} env @param {ExecutionContext} ctx @param {Record<string, string>} environ of the program: os.Getenv */
  constructor(env, ctx, environ) {
    super();
    this.env = environ;
    /** @type {Context} */
    this.context = { env, ctx, connect, binding: {} };
    this.over = false;
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
    this.ended = new Promise((_, reject) => (this.tellEnd = reject));
    this.ended.catch(() => {});
    this.exit = (/** @type {number} */ code) => this.end(`exit code ${code}`, code);
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

  /** @param {string} why @param {number} [code] */
  end(why, code = -1) {
    if (this.over) return;
    this.over = true;
    for (const timer of this._scheduledTimeouts.values()) clearTimeout(timer);
    this._scheduledTimeouts.clear(); // wasm_exec.js asks again for as long as there is one
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
