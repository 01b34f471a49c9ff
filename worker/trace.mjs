// @ts-check
// A visitor's traceparent and tracestate, which the fills that he leads carry on: W3C Trace Context, as internal/trace has it.

/** How long a traceparent of version 00 is. */
const size = 55;

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[!-+\--~]*)?$/;
const zeros = /^0+$/;

/** What a tracestate may have. */
const maxMembers = 32;
const maxState = 8 << 10;
const member = /^([a-z0-9][a-z0-9_*/@-]{0,255})=[ -<>-~]{0,255}[!-<>-~]$/;

/** White space around what a field has (RFC 9110, section 5.6.3). @param {string} text */
const trim = (text) => text.replace(/^[ \t]+|[ \t]+$/g, "");

/** @param {string} text */
function isParent(text) {
  const read = form.exec(text);
  if (read === null) return false;
  const [, version, trace, parent] = read;
  return version !== "ff" && (version !== "00" || text.length === size) && !zeros.test(trace) && !zeros.test(parent);
}

/** @param {string} text */
function isState(text) {
  if (text.length > maxState) return false;
  const keys = new Set();
  let members = 0;
  for (const each of text.split(",").map(trim)) {
    if (each === "") continue;
    const key = member.exec(each)?.[1];
    if (key === undefined || keys.has(key) || ++members > maxMembers) return false;
    keys.add(key);
  }
  return members > 0;
}

/**
 * The fields by which a fill is of its visitor's trace, beside those that are asked for: what a slot declares, or the site says
 * always, stays as that is.
 * @param {{ trace?: [string, string][], fields: [string, string][], constant?: [string, string][] }} fill @returns {[string, string][]}
 */
export const traceOf = ({ trace = [], fields, constant = [] }) =>
  trace.length === 0 || [...fields, ...constant].some(([name]) => name === "traceparent") ? [] : trace;

/**
 * What of a request's fields goes to the fills that it leads.
 * @param {Request} request @returns {[string, string][]}
 */
export function tracedBy({ headers }) {
  const parent = headers.get("traceparent");
  return parent === null ? [] : passed(parent, headers.get("tracestate") ?? "");
}

/**
 * What of a visitor's fields goes to the fills that he leads: none where his traceparent is not of the form.
 * @param {string} parent @param {string} state @returns {[string, string][]}
 */
export function passed(parent, state) {
  const [trace, rest] = [trim(parent), trim(state)];
  if (!isParent(trace)) return [];
  return isState(rest) ? [["traceparent", trace], ["tracestate", rest]] : [["traceparent", trace]];
}
