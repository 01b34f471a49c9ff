// @ts-check
// The purge log, from the side of those who ask it: see purge-log.mjs for what it answers.

import { isNamespace } from "./bindings.mjs";

/** @typedef {import("./purge-log.mjs").Mark} Mark */
/** @typedef {{ log: string, seq: number, floor: number, marks: Mark[] }} Said */

/** The name of the one object, in the namespace that is bound as INLAY_LOG. */
const name = "log";

/** So many subjects the log takes at once. */
const most = 1000;

/** How much of what is no answer is shown. */
const shown = 200;

/**
 * Who to ask: the object, or, where INLAY_LOG is a service binding, the service in front of it. In the context of a request.
 * @param {any} binding @returns {{ fetch(url: string, init?: any): Promise<Response> }}
 */
const target = (binding) => (isNamespace(binding) ? binding.get(binding.idFromName(name)) : binding);

/**
 * What tells one log from another before it has been asked, as what lies below is called: of two Workers that share a cache,
 * neither is to find what the other put there.
 * @param {any} binding @returns {string}
 */
export const scopeOf = (binding) => (isNamespace(binding) ? binding.idFromName(name).toString().slice(0, 32) : "service");

/**
 * Does something for at most so many milliseconds, with a timer of its own: who waits on nothing else would be ended as hung.
 * @template T
 * @param {number} ms @param {(signal: AbortSignal) => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function within(ms, run) {
  const abort = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${ms} ms`));
      abort.abort();
    }, ms);
  });
  try {
    return await Promise.race([run(abort.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What has been purged since a number, as JSON; whole: and what before, as far as it is kept. Is rejected if the log does not
 * answer.
 * @param {any} binding @param {string} log @param {number} since @param {boolean} whole @param {AbortSignal} signal
 */
export async function askLog(binding, log, since, whole, signal) {
  const response = await target(binding).fetch(`https://log/?log=${encodeURIComponent(log)}&since=${since}${whole ? "&whole=1" : ""}`, { signal });
  return bodyOf(response);
}

/**
 * Purges, and says what else has been purged since a number, as JSON. Is rejected if the log has not taken it, as far as is known.
 * @param {any} binding @param {string} log @param {number} since @param {string[]} subjects @param {AbortSignal} signal
 */
export async function tellLog(binding, log, since, subjects, signal) {
  let text = "";
  for (let i = 0; i < subjects.length; i += most) {
    const body = JSON.stringify({ log, since, subjects: subjects.slice(i, i + most) });
    text = await bodyOf(await target(binding).fetch("https://log/", { method: "POST", body, signal }));
  }
  return text;
}

/** The log is there, and does not take what it was told. */
export class Refusal extends Error {}

/** @param {Response} response */
async function bodyOf(response) {
  const text = await response.text();
  if (response.status === 200) return text;
  const reason = `status ${response.status}: ${text.trim().slice(0, shown)}`;
  throw response.status >= 400 && response.status < 500 ? new Refusal(reason) : new Error(reason);
}

/** @param {unknown} n */
const isNumber = (n) => typeof n === "number" && Number.isSafeInteger(n) && n >= 0;

/** @param {unknown} text A NUL would end it where it is handed to the core. */
const isText = (text) => typeof text === "string" && text !== "" && !text.includes("\0");

/** Reads what the log answered. Throws if it is anything else. @param {string} text @returns {Said} */
export function readAnswer(text) {
  /** @type {any} */
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    throw new Error(`no answer of a purge log, but ${JSON.stringify(text.slice(0, shown))}`);
  }
  const { log, seq, floor, marks } = said ?? {};
  if (!isText(log) || !isNumber(seq) || !isNumber(floor) || floor > seq || !Array.isArray(marks) || !marks.every((m) => isMark(m, seq))) {
    throw new Error(`no answer of a purge log, but ${JSON.stringify(text.slice(0, shown))}`);
  }
  return { log, seq, floor, marks };
}

/** @param {any} mark @param {number} last */
const isMark = (mark, last) => Array.isArray(mark) && mark.length === 2 && isNumber(mark[0]) && mark[0] <= last && isText(mark[1]);
