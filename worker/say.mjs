// @ts-check
// What inlay says in the Worker's log: a line each, as a text or as an object (INLAY_LOG_FORMAT), with the request that it is about
// and the slot. What handlers print is theirs, and stays as it is.

/**
 * @typedef {{ request?: string, page?: string, slot?: string, key?: string, reason?: string }} About  what a line is about, as far as it
 * is about any of it: the request's name; the page's pattern; the slot's name; the fragment's key; why its fill failed, in a word
 */

/** Whether lines are objects. */
let json = false;

/** Takes from the variables how lines are written. @param {Record<string, unknown>} env */
export function logAs({ INLAY_LOG_FORMAT, INLAY_LOG }) {
  const said = [INLAY_LOG_FORMAT, INLAY_LOG].map((value) => (typeof value === "string" ? value.trim().toLowerCase() : ""));
  json = (said[0] || said[1]) === "json";
}

/** Whether a text is what INLAY_LOG may say where it is no binding. @param {unknown} value */
export const isLogFormat = (value) => typeof value === "string" && ["json", "text"].includes(value.trim().toLowerCase());

/** What could split a line where it is read, or hide in it. */
const control = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** @param {string} text */
const escaped = (text) => text.replace(control, (c) => (c === "\n" ? "\\n" : c === "\t" ? "\\t" : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`));

/** A value behind a text: in quotes where it could be read as more than one. @param {string} value */
const shown = (value) => (/[\s"=\\]/.test(value) || escaped(value) !== value ? escaped(JSON.stringify(value)) : value);

/**
 * A line. @param {"WARN" | "ERROR"} level @param {string} text what happened @param {About} about
 * @param {string} trace what a Go program said at its end, in lines of its own @returns {string}
 */
export function line(level, text, about, trace = "") {
  const said = /** @type {[string, string][]} */ (Object.entries(about).filter(([, value]) => value));
  if (json) return escaped(JSON.stringify({ level, msg: `inlay: ${text}`, ...Object.fromEntries(said), trace: trace || undefined }));
  return [`inlay: ${escaped(text)}`, ...said.map(([name, value]) => `${name}=${shown(value)}`)].join(" ") + (trace && `\n${trace}`);
}

/** The first line of what a Go program said at its end, and its trace. @param {string} words @returns {[string, string]} */
export function lastWords(words) {
  const end = words.indexOf("\n");
  return end < 0 ? [words, ""] : [words.slice(0, end), words.slice(end + 1)];
}

/** @param {string} text what is to be looked at @param {About} [about] @param {string} [trace] */
export const warn = (text, about = {}, trace = "") => console.warn(line("WARN", text, about, trace));

/** @param {string} text what is to be mended @param {About} [about] @param {string} [trace] */
export const error = (text, about = {}, trace = "") => console.error(line("ERROR", text, about, trace));

/** Names of requests that the platform has given none. @type {WeakMap<Request, string>} */
const names = new WeakMap();

/** What a request is called: as the platform calls it, or 16 hexadecimal digits; nothing where there is none. @param {Request} [request] @returns {string} */
export function nameOf(request) {
  const ray = request?.headers?.get("cf-ray") ?? null;
  if (request === undefined) return "";
  if (ray !== null && /^[0-9A-Za-z-]{1,64}$/.test(ray)) return ray;
  const known = names.get(request);
  if (known !== undefined) return known;
  const name = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  names.set(request, name);
  return name;
}

/** Calls a request as another that was made into it. @param {Request} request @param {Request} before @returns {Request} */
export function namedAs(request, before) {
  const name = names.get(before);
  if (name !== undefined) names.set(request, name);
  return request;
}

/** Fields whose values are for nobody who reads a log. */
const secrets = new Set(["cookie", "authorization", "proxy-authorization"]);

/** The fields of a fill that are no part of its key. */
const conditions = new Set(["if-none-match", "if-modified-since"]);

/**
 * What a line about a fill is about. Of the key, which may have a visitor's secrets, it has the names of those.
 * @param {{ request?: string, src: string, slot?: string, pagePattern?: string, fields?: [string, string][] }} fill @param {string} [reason]
 * @returns {About}
 */
export function aboutFill({ request, src, slot, pagePattern, fields = [] }, reason) {
  const of = fields.filter(([name]) => !conditions.has(name)).map(([name, value]) => `\n${name}: ${secrets.has(name) ? "..." : value}`);
  return { request, page: pagePattern, slot, key: src + of.join(""), reason };
}
