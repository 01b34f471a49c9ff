// @ts-check
// For a site's own code, in a scheduled or a queue handler as well as in a request: purges in every isolate, through the log
// that is bound as INLAY_LOG.
//
//   import { purge } from "./purge.mjs";
//   await purge(env, { tags: ["product:5"] });

import { bindingsOf } from "./bindings.mjs";
import { readAnswer, tellLog, within } from "./log.mjs";

/** How long the log may take, in milliseconds. */
const timeout = 5000;

/**
 * Purges, or with soft invalidates, what carries one of the tags, what has one of the keys, or everything. Once it has settled
 * the log has it: every isolate goes by it within INLAY_LEASE. Is rejected if that cannot be said; then some of it may have been
 * done, and it can be repeated.
 * @param {any} env that the handler was given
 * @param {{ tags?: string[], keys?: string[], all?: boolean, soft?: boolean }} what
 * @returns {Promise<{ log: number }>} the number that the log gave it
 */
export async function purge(env, { tags = [], keys = [], all = false, soft = false }) {
  for (const name of [...tags, ...keys]) {
    if (typeof name !== "string" || name === "") throw new TypeError(`purge: ${JSON.stringify(name)} is no tag and no key, which are texts`);
  }
  const subjects = [...(all ? ["all"] : []), ...tags.map((tag) => `tag:${tag}`), ...keys.map((key) => `key:${key}`)].map((s) => (soft ? `~${s}` : s));
  if (subjects.length === 0) throw new TypeError("purge: nothing is named; expected tags, keys, or all: true");
  const { log, problems } = bindingsOf({ INLAY_LOG: env?.INLAY_LOG });
  if (log === null) throw new Error(`purge: ${problems[0] ?? "there is no INLAY_LOG; bind the Durable Object of class PurgeLog to it in wrangler.toml"}`);
  return { log: readAnswer(await within(timeout, (signal) => tellLog(log, "", 0, subjects, signal))).seq };
}
