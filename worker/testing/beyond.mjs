// What lies beyond an isolate, under Node: a purge log's namespace, a data centre's cache, KV. Each has what the runtime's has,
// as far as worker/*.mjs uses it, and a name by which it is known.
import { DatabaseSync } from "node:sqlite";
import { PurgeLog } from "../purge-log.mjs";

/** A Durable Object's storage, as far as the log uses it. */
export class Storage {
  constructor() {
    this.db = new DatabaseSync(":memory:");
    this.statements = 0;
    const prepared = new Map();
    this.sql = {
      exec: (text, ...values) => {
        this.statements++;
        if (!prepared.has(text)) prepared.set(text, this.db.prepare(text));
        const rows = prepared.get(text).all(...values);
        return { one: () => rows[0], [Symbol.iterator]: () => rows[Symbol.iterator]() };
      },
    };
  }
  transactionSync(call) {
    this.db.exec("BEGIN");
    try {
      call();
      this.db.exec("COMMIT");
    } catch (error) {
      this.db.exec("ROLLBACK");
      throw error;
    }
  }
}

/** The namespace that is bound as INLAY_LOG. */
export class DurableObjectNamespace {
  constructor(object = new PurgeLog({ storage: new Storage() })) {
    this.object = object;
    /** What was asked, as METHOD and query or body. @type {string[]} */
    this.asked = [];
    /** What is done in place of asking: a function that may throw or never settle. */
    this.trouble = null;
  }
  idFromName(name) {
    return { toString: () => `id-of-${name}` };
  }
  get() {
    return {
      fetch: async (url, init = {}) => {
        const request = new Request(url, init);
        this.asked.push(request.method === "GET" ? new URL(url).search : String(init.body));
        const troubled = await this.trouble?.(request);
        return troubled ?? this.object.fetch(request);
      },
    };
  }
}

/** A data centre's cache, in place of globalThis.caches. */
export class Colo {
  /** @param {boolean} ages whether it tells in Age for how long something has lain there */
  constructor(ages = false) {
    this.ages = ages;
    this.entries = new Map();
    this.matched = [];
    this.trouble = null;
    this.default = {
      match: async (url) => {
        this.matched.push(url);
        await this.trouble?.(url);
        const entry = this.entries.get(url);
        if (entry === undefined || Date.now() >= entry.put + entry.maxAge * 1000) return undefined;
        const headers = new Headers(entry.headers);
        if (this.ages) headers.set("age", String(Math.floor((Date.now() - entry.put) / 1000)));
        return new Response(entry.body, { headers });
      },
      put: async (url, response) => {
        await this.trouble?.(url);
        const maxAge = Number(/^max-age=(\d+)$/.exec(response.headers.get("cache-control"))[1]);
        this.entries.set(url, { body: await response.arrayBuffer(), headers: new Headers(response.headers), put: Date.now(), maxAge });
      },
    };
  }
}

export class KvNamespace {
  constructor() {
    this.entries = new Map();
    this.trouble = null;
  }
  async get(key, type) {
    if (type !== "arrayBuffer") throw new Error(`asked for ${type}`);
    await this.trouble?.(key);
    return this.entries.get(key)?.bytes.buffer ?? null;
  }
  async getWithMetadata(key, type) {
    return { value: await this.get(key, type), metadata: null };
  }
  async put(key, bytes, { expirationTtl }) {
    await this.trouble?.(key);
    if (!(expirationTtl >= 60)) throw new Error(`Invalid expiration_ttl of ${expirationTtl}`);
    this.entries.set(key, { bytes: bytes.slice(), expirationTtl });
  }
}

/** A request's context: what it keeps alive is waited for by over. */
export class Context {
  constructor() {
    this.work = [];
  }
  waitUntil(promise) {
    this.work.push(promise);
  }
  /** Settles once nothing that was begun is under way any more. */
  async over() {
    for (let n = 0; n < this.work.length; ) {
      n = this.work.length;
      await Promise.allSettled(this.work);
    }
  }
}
