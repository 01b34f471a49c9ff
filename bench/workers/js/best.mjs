// The best that one can write by hand for these pages, with inlay's header fields: whole pages as bytes, made once of their
// fragments; a Response whose header is copied in place of an object; an ETag that is honoured; a time to live. It has no limit, no
// purge, no tags and no single flight.

import { asInlay } from "./fields.mjs";
import { currencyOf, fill, isKept, keyOf, pageOf } from "./keys.mjs";
import { parts } from "./parts.mjs";

const ttl = 3_600_000;
const encoder = new TextEncoder();

/** @typedef {{ bytes: Uint8Array, etag: string, ok: Response, notModified: Response, until: number }} Page */

/** By URL, and by the cookie where it counts. @type {Map<string, Page>} */
const pages = new Map();
/** @type {Map<string, { html: string, until: number }>} */
const fragments = new Map();

/** @param {string} kind @param {string} id @param {string} currency @param {string} key of the page @param {string} origin */
async function cold(kind, id, currency, key, origin) {
  const now = Date.now();
  let until = now + ttl;
  const all = await Promise.all(parts.slice(1).map(async (_, i) => {
    const of = keyOf(kind, i, id, currency);
    const found = fragments.get(of);
    if (found !== undefined && now < found.until) {
      until = Math.min(until, found.until);
      return found.html;
    }
    const html = await fill(of, origin);
    if (isKept(of)) fragments.set(of, { html, until: now + ttl });
    else until = 0;
    return html;
  }));
  const bytes = encoder.encode(parts[0] + all.map((html, i) => html + parts[i + 1]).join(""));
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).subarray(0, 16);
  const etag = `"${Array.from(sum, (b) => b.toString(16).padStart(2, "0")).join("")}"`;
  const { "content-type": type, ...fields } = { ...asInlay, ...(kind === "vary" ? { vary: "cookie" } : {}), etag };
  const ok = new Response(null, { headers: { ...fields, "content-type": type } });
  if (until > 0) pages.set(key, { bytes, etag, ok, notModified: new Response(null, { status: 304, headers: fields }), until });
  return new Response(bytes, ok);
}

export default {
  /** @param {Request} request @param {{ ORIGIN: string }} env @returns {Response | Promise<Response>} */
  fetch(request, env) {
    const { url } = request;
    const currency = url.includes("/vary/") ? currencyOf(request) : "";
    const key = currency === "" ? url : `${url}\n${currency}`;
    const page = pages.get(key);
    if (page === undefined || Date.now() >= page.until) {
      const { kind, id } = pageOf(url);
      return cold(kind, id, currency, key, env.ORIGIN);
    }
    const known = request.headers.get("if-none-match");
    if (known !== null && known.includes(page.etag)) return new Response(null, page.notModified);
    return new Response(page.bytes, page.ok);
  },
};
