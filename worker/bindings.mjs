// @ts-check
// What is bound beside the variables: the purge log, what lies below, and what of it cannot be used.

/** What each binding has to be, by the names that the runtime gives such objects. */
const kinds = {
  INLAY_LOG: { kinds: ["DurableObjectNamespace", "Fetcher"], is: "the binding of a Durable Object namespace of class PurgeLog" },
  INLAY_KV: { kinds: ["KvNamespace"], is: "the binding of a KV namespace" },
  INLAY_REGION: { kinds: ["DurableObjectNamespace", "Fetcher"], is: "the binding of a Durable Object namespace of class RegionFill" },
};

/** @typedef {keyof typeof kinds} Name */
/** @typedef {{ log: any, kv: any, region: any, problems: string[] }} Bindings  null: there is none; problems: a line each */

/** @param {any} env @returns {Bindings} */
export function bindingsOf(env) {
  /** @type {string[]} */
  const problems = [];
  const get = (/** @type {Name} */ name) => {
    const value = env[name] ?? null;
    if (value === null) return null;
    const found = typeof value === "string" ? "a variable, a text" : kindOf(value);
    if (kinds[name].kinds.includes(found)) return value;
    problems.push(`${name} is ${found}; it has to be ${kinds[name].is}, and is left alone`);
    return null;
  };
  const log = get("INLAY_LOG");
  /** @type {Bindings} */
  const bound = { log, kv: get("INLAY_KV"), region: get("INLAY_REGION"), problems };
  if (log === null) {
    for (const [key, name] of /** @type {["kv" | "region", Name][]} */ ([["kv", "INLAY_KV"], ["region", "INLAY_REGION"]])) {
      if (bound[key] === null) continue;
      problems.push(`${name} is bound and INLAY_LOG is not: without the purge log nobody would know what in it may still be used, so it is left alone`);
      bound[key] = null;
    }
  }
  return bound;
}

/** @param {any} value */
const kindOf = (value) => value?.constructor?.name || `a ${typeof value}`;
