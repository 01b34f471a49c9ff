// @ts-check
// A visitor's traceparent and tracestate, which the fills that he leads carry on: W3C Trace Context, as internal/trace has it. And the
// spans of a page, where the runtime traces the request: https://developers.cloudflare.com/workers/observability/traces/custom-spans/
// They are called as those of a native server are (edge.Tracer). A page that is answered again without an event has none.

/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {{ init: { headers: Headers } }} Said */
/**
 * @typedef {{ isTraced: boolean, end(): void, setAttributes(all: Record<string, string | number | boolean>): unknown,
 *   spanContext?: () => { traceId: string, spanId: string } }} Span
 */
/** @typedef {{ startSpan(name: string): Span, getActiveSpan(): Span | undefined }} Tracing */
/** @typedef {{ id: number, src?: string, slot?: string, pagePattern?: string, fields?: [string, string][], joined?: number }} Traced */

/**
 * Whether a request of this isolate has been traced: until one has been, nobody asks for those that are answered at once, which takes
 * 0.6 µs.
 */
let seen = false;

/** Who makes spans for a request; null: it is not traced, or the runtime traces none. @param {any} ctx @returns {Tracing | null} */
export function tracingOf(ctx) {
  const tracing = ctx?.tracing;
  if (typeof tracing?.startSpan !== "function" || !tracing.getActiveSpan?.()?.isTraced) return null;
  seen = true;
  return tracing;
}

/** As tracingOf, for what is answered at once. @param {any} ctx @returns {Tracing | null} */
export const tracingOfQuick = (ctx) => (seen ? tracingOf(ctx) : null);

/** Ends a span. It may be of a request that has gone. @param {Span} span @param {Record<string, string | number | boolean>} attributes */
export function end(span, attributes) {
  try {
    span.setAttributes(attributes);
    span.end();
  } catch {}
}

/** Of fills in progress. @type {WeakMap<object, Span>} */
const spans = new WeakMap();

/** What a key depends on: nothing of a visitor's, what many share, or what may be his alone. @param {[string, string][]} fields */
function keyClass(fields) {
  const names = fields.map(([name]) => name).filter((name) => name !== "if-none-match" && name !== "if-modified-since");
  if (names.some((name) => name === "cookie" || name === "authorization")) return "visitor";
  return names.length > 0 ? "varies" : "shared";
}

/** What there was of a slot's fragment when its page's head left. @param {Said | null} said @param {string} slot */
function stateIn(said, slot) {
  const member = (said?.init.headers.get("cache-status") ?? "").split(", ").find((m) => m.startsWith(`inlay/${slot};`)) ?? "";
  if (/;fwd=(?:miss|bypass)/.test(member)) return "miss";
  if (/;fwd=stale|;ttl=(?:-|0(?![0-9]))/.test(member)) return "stale";
  return member === "" ? "" : "fresh";
}

/**
 * A fill begins, or a look below for what it would bring.
 * @param {Exchange} leader @param {Traced} fill @param {string} name
 */
export function fillBegins(leader, fill, name) {
  const tracing = leader.tracing ?? null;
  if (tracing !== null && !spans.has(fill)) spans.set(fill, tracing.startSpan(name));
}

/**
 * The field that makes what an origin does for a fill a part of the runtime's trace, if it has a span and its visitor no trace.
 * @param {object} fill @returns {[string, string][]}
 */
export function spanField(fill) {
  const made = spans.get(fill)?.spanContext?.();
  return made === undefined ? [] : passed(`00-${made.traceId}-${made.spanId}-01`, "");
}

/**
 * A fill has ended.
 * @param {Traced} fill @param {Said | null} said the head of the page that leads it @param {string} outcome @param {string} reason why it failed
 * @param {string} tier @param {number} bytes @param {boolean} collapsed whether it has joined another's
 */
export function fillEnds(fill, said, outcome, reason, tier, bytes, collapsed) {
  const span = spans.get(fill);
  if (span === undefined) return;
  spans.delete(fill);
  const { slot = "", pagePattern = "", fields = [], joined = 0 } = fill;
  end(span, {
    "inlay.page": pagePattern, "inlay.slot": slot, "inlay.key_class": keyClass(fields), "inlay.state": stateIn(said, slot), "inlay.outcome": outcome,
    "inlay.tier": tier, "inlay.bytes": bytes, "inlay.collapsed": collapsed || joined > 0, "inlay.waiting": joined, ...(reason === "" ? {} : { "error.type": reason }),
  });
}

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
export function traceOf(fill) {
  const { trace = [], fields, constant = [] } = fill;
  const carried = trace.length > 0 ? trace : spanField(fill);
  return carried.length === 0 || [...fields, ...constant].some(([name]) => name === "traceparent") ? [] : carried;
}

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
