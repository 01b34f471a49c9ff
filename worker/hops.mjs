// @ts-check
// Fields that are for one connection, besides those that Connection names (RFC 9110, section 7.6.1), and Max-Forwards. As inlay's
// internal/forwarded/hops.go; trailers do not come through a Worker, so neither does what announces them or asks for them.

const hops = [
  "connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
  "http2-settings",
];

const token = /^[!#$%&'*+.^_`|~\w-]+$/;

/** @param {string | null} list */
const members = (list) => (list ?? "").split(",").map((m) => m.trim().toLowerCase());

/**
 * Takes them out of a request's header. Upgrade stays if it is to WebSocket: what follows any other is read by nobody here, and in
 * HTTP/2 or TLS would be requests that nobody has checked. Expect goes too: the runtime has answered it, and takes no answer to it.
 * @param {Headers} headers
 */
export function takeHops(headers) {
  const upgrade = headers.get("upgrade") ?? "";
  takeAnswersHops(headers);
  headers.delete("expect");
  if (upgrade.trim().toLowerCase() === "websocket") headers.set("upgrade", upgrade);
}

/** @param {Headers} headers of an answer, or of a request, whose Upgrade goes too */
export function takeAnswersHops(headers) {
  for (const name of members(headers.get("connection"))) if (token.test(name)) headers.delete(name);
  for (const name of hops) headers.delete(name);
}

/** Whether an answer has any. @param {Headers} headers */
export const hasHops = (headers) => hops.some((name) => headers.has(name));

/**
 * How often a request of OPTIONS or TRACE may be passed on (section 7.6.2), as it came; null: nobody says.
 * @param {Request} request
 */
export function forwardsLeft({ method, headers }) {
  const value = method === "OPTIONS" || method === "TRACE" ? headers.get("max-forwards") : null;
  return value !== null && /^[0-9]{1,9}$/.test(value) ? Number(value) : null;
}
