// @ts-check
// Server-Timing, where one debugs: what became of each slot, and what was waited for. internal/field/servertiming.go, where it is told what
// the parts mean, makes the same natively; internal/field/testdata/server-timing holds both to the same bytes.

const modes = ["auto", "stream", "ordered", "complete"];
const tokenChar = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A head is to be read by nginx, into 4 KiB; the rest is what the runtime and the network add. */
const roomOfHead = 4096 - 400;

/** @typedef {{ text: string, hit: boolean, took: number }} Timing */

/**
 * Puts the field into a page's head, in place of what the core says for it.
 * @param {Headers} headers
 */
export function setTiming(headers) {
  const cacheStatus = headers.get("cache-status");
  if (cacheStatus === null) return;
  const raw = headers.get("server-timing") ?? "";
  headers.delete("server-timing");
  let room = roomOfHead;
  for (const [name, value] of headers) room -= name.length + value.length + 4;
  headers.set("server-timing", serverTiming(raw, cacheStatus, room - "server-timing: \r\n".length));
}

/** @param {string} raw @param {string} cacheStatus @param {number} room in bytes */
export function serverTiming(raw, cacheStatus, room) {
  let value = "inlay;desc=warm";
  /** @type {string[]} */
  let took = [];
  if (raw.length > 1) {
    took = raw.slice(1).split(" ");
    value = `inlay;dur=${milliseconds(took[0])}`;
    const mode = modes[raw.charCodeAt(0) - 48];
    if (mode !== undefined) value += `, mode;desc=${mode}`;
    took = took.slice(1);
  }
  let { slots, more } = timings(cacheStatus, took);
  const size = slots.reduce((sum, { text }) => sum + text.length, value.length);
  if (more > 0 || size > room) more += leaveOut(slots, room - value.length - ', inlay-more;desc="4096 more slots"'.length);
  for (const { text } of slots) value += text;
  if (more > 0) value += `, inlay-more;desc="${more} more slots"`;
  return value;
}

/** @param {string} cacheStatus @param {string[]} took */
function timings(cacheStatus, took) {
  /** @type {Timing[]} */
  const slots = [];
  let more = 0;
  let tier = "";
  for (let rest = cacheStatus; rest !== ""; ) {
    const [member, others] = cutOutside(rest, ",");
    rest = others;
    const [quoted, parameters] = cutOutside(member.replace(/^[ \t]+|[ \t]+$/g, ""), ";");
    const id = unquoted(quoted);
    const slash = id.indexOf("/");
    if (slash < 0) {
      more += summedUp(parameters);
      continue;
    }
    const where = id.slice(0, slash);
    if (where !== "inlay") {
      tier = where.replace(/^inlay-/, "");
      continue;
    }
    let word = token.test(tier) ? tier : becameOf(parameters);
    tier = "";
    const number = took[slots.length] ?? "0";
    const timing = { text: `, inlay-${tokenOf(id.slice(slash + 1))}`, hit: false, took: numberOf(number) };
    if (word === "hit" && timing.took < 0) word = "stale";
    timing.hit = word === "hit";
    if (word !== "") timing.text += `;desc=${word}`;
    if (timing.took > 0) timing.text += `;dur=${milliseconds(number)}`;
    slots.push(timing);
  }
  return { slots, more };
}

/** Empties metrics for which there is no room, and says how many. @param {Timing[]} slots @param {number} room */
function leaveOut(slots, room) {
  /** @param {Timing} timing */
  const rank = ({ hit, took }) => (hit ? -1 : Math.max(took, 0));
  let out = 0;
  for (const timing of [...slots].sort((a, b) => rank(b) - rank(a))) {
    room -= timing.text.length;
    if (room >= 0) continue;
    room = 0;
    timing.text = "";
    out++;
  }
  return out;
}

/** @param {string} parameters */
function becameOf(parameters) {
  let word = "";
  let stale = false;
  let failed = false;
  let collapsed = false;
  for (let rest = parameters; rest !== ""; ) {
    const [one, others] = cutOutside(rest, ";");
    rest = others;
    const is = one.indexOf("=");
    const [name, value] = is < 0 ? [one, ""] : [one.slice(0, is), one.slice(is + 1)];
    if (name === "hit") word = "hit";
    else if (name === "fwd") word = value;
    else if (name === "ttl") stale = value.startsWith("-");
    else if (name === "collapsed") collapsed = true;
    else if (name === "detail") failed = value !== "early";
  }
  if (failed && word !== "stale") return "failed";
  if (word === "hit" && stale) return "stale";
  if (word === "miss" && collapsed) return "collapsed";
  return token.test(word) ? word : "";
}

/** @param {string} parameters */
function summedUp(parameters) {
  for (let rest = parameters; rest !== ""; ) {
    const [one, others] = cutOutside(rest, ";");
    rest = others;
    if (!one.startsWith('detail="')) continue;
    const number = one.slice('detail="'.length).split(" ")[0];
    if (/^[+-]?[0-9]+$/.test(number) && Number(number) > 0 && Number(number) <= 4096) return Number(number);
  }
  return 0;
}

/** @param {string} number */
const numberOf = (number) => (/^[+-]?[0-9]{1,15}$/.test(number) ? Number(number) : 0);

/** @param {string} number of microseconds, and one more */
function milliseconds(number) {
  const hundredths = Math.floor(Math.max(numberOf(number) - 1, 0) / 10);
  const rest = hundredths % 100;
  return `${Math.floor(hundredths / 100)}${rest > 0 ? `.${String(100 + rest).slice(1).replace(/0$/, "")}` : ""}`;
}

/** Cuts at a character that is in no string of a structured field. @param {string} text @param {string} at @returns {[string, string]} */
function cutOutside(text, at) {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\\" && quoted) i++;
    else if (c === '"') quoted = !quoted;
    else if (c === at && !quoted) return [text.slice(0, i), text.slice(i + 1)];
  }
  return [text, ""];
}

/** What a token or string of a structured field says. @param {string} text */
const unquoted = (text) => (text.length < 2 || text[0] !== '"' ? text : text.slice(1, -1).replace(/\\(.)/g, "$1"));

/** A token, of a name that Cache-Status has. @param {string} name */
function tokenOf(name) {
  let text = "";
  for (const c of name) text += tokenChar.test(c) ? c : `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return text;
}
