// @ts-check
// What is bound beside the variables: the purge log, what lies below, and what of it cannot be used.

import { isLogFormat } from "./say.mjs";

/** @param {any} value @param {string[]} methods */
const has = (value, ...methods) => methods.every((method) => typeof value[method] === "function");

/** A service binding has every method, by its looks. @param {any} value */
const isService = (value) => value?.constructor?.name === "Fetcher";

/** @param {any} value whether it is a Durable Object namespace */
export const isNamespace = (value) => !isService(value) && has(value, "idFromName", "get");

/** What each binding has to be. A log or a region's fills may also be a service that is in front of the object. */
const kinds = {
  INLAY_LOG: { fits: (/** @type {any} */ v) => isService(v) || isNamespace(v), is: "the binding of a Durable Object namespace of class PurgeLog, or json or text for how lines are logged" },
  INLAY_KV: { fits: (/** @type {any} */ v) => !isService(v) && has(v, "getWithMetadata", "put"), is: "the binding of a KV namespace" },
  INLAY_ANALYTICS: { fits: (/** @type {any} */ v) => !isService(v) && has(v, "writeDataPoint"), is: "the binding of a dataset of Workers Analytics Engine" },
  INLAY_REGION: { fits: (/** @type {any} */ v) => isService(v) || isNamespace(v), is: "the binding of a Durable Object namespace of class RegionFill" },
};

/** @typedef {keyof typeof kinds} Name */
/** @typedef {{ log: any, kv: any, region: any, analytics: any, problems: string[] }} Bindings  null: there is none; problems: a line each */

/** @param {any} env @returns {Bindings} */
export function bindingsOf(env) {
  /** @type {string[]} */
  const problems = [];
  const get = (/** @type {Name} */ name) => {
    const value = env[name] ?? null;
    if (value === null || (name === "INLAY_LOG" && isLogFormat(value))) return null; // how lines are logged
    if (kinds[name].fits(value)) return value;
    problems.push(`${name} is ${typeof value === "string" ? "a variable, a text" : kindOf(value)}; it has to be ${kinds[name].is}, and is left alone`);
    return null;
  };
  const log = get("INLAY_LOG");
  /** @type {Bindings} */
  const bound = { log, kv: get("INLAY_KV"), region: get("INLAY_REGION"), analytics: get("INLAY_ANALYTICS"), problems };
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
