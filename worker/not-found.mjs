// @ts-check
// What a visitor sees where there is no page, and in place of what cannot be shown: the site's 404.html, 5xx.html and the like.
// pages.bin has them behind what core.wasm reads: a list of status, header fields and HTML as JSON, and in its last four bytes,
// the lowest first, how long that is; 0 where the site has none.

/** @typedef {{ status: string, fields: [string, string][], html: Uint8Array }} Shown  status: its pattern, such as 5xx */

/** What pages.bin, or what inlay dev has in its place, consists of. */
export class Shells {
  /** @param {ArrayBuffer} all */
  constructor(all) {
    const size = Math.max(0, all.byteLength - 4);
    const tail = all.byteLength < 4 ? 0 : new DataView(all).getUint32(size, true);
    const end = Math.max(0, size - tail); // core.wasm refuses what is not the pages
    /** The pages, for core.wasm. */
    this.pages = new Uint8Array(all, 0, end);
    this.tail = new Uint8Array(all, end, size - end);
    /** @type {Shown[] | null} */
    this.shown = null;
  }

  /**
   * The site's page for a status, null if it has none. The order is that of edge/shown.go.
   * @param {number} status
   */
  of(status) {
    if (this.tail.length === 0) return null;
    if (this.shown === null) {
      const encoder = new TextEncoder();
      /** @type {any} */
      let all = [];
      try {
        all = JSON.parse(new TextDecoder().decode(this.tail));
      } catch {} // another build's, which core.wasm refuses; that this cannot be shown is the lesser mistake
      this.shown = Array.isArray(all) ? all.map((p) => ({ ...p, html: encoder.encode(p.html) })) : [];
    }
    const exact = String(status);
    for (const name of [exact, status === 410 ? "404" : "", `${exact[0]}xx`]) {
      const page = this.shown.find((p) => p.status === name);
      if (page !== undefined) return page;
    }
    return null;
  }
}

/** Sets what describes a page that is shown. @param {Headers} headers @param {Shown} page */
export function setShown(headers, page) {
  headers.set("content-type", "text/html; charset=utf-8");
  headers.set("content-length", String(page.html.length));
  for (const [name, value] of page.fields) headers.set(name, value);
}

/**
 * A page, and behind it why it is shown, for those who write the site.
 * @param {Uint8Array} html @param {string} reason
 */
export const withReason = (html, reason) =>
  new TextEncoder().encode(`${new TextDecoder().decode(html)}\n<!-- ${reason.trim().replaceAll("--", "- -")} -->\n`);

/**
 * The answer where there is none: the site's page for the status, else a text. While a site is being written, it says why.
 * @param {Request} request @param {Shells} shells @param {boolean} dev @param {number} status
 * @param {string} why @param {string} text for visitors
 */
export function failure(request, shells, dev, status, why, text) {
  const headers = new Headers({ "cache-control": "no-store" });
  const page = shells.of(status);
  let body = new TextEncoder().encode(`${dev ? why : text}\n`);
  if (page === null) headers.set("content-type", "text/plain; charset=utf-8");
  else {
    setShown(headers, page);
    body = dev ? withReason(page.html, why) : page.html;
  }
  headers.set("content-length", String(body.length));
  return new Response(request.method === "HEAD" ? null : body, { status, headers });
}

/** The field by which an instance of app.wasm says that its handler has no route. It goes no further. */
const field = "inlay-not-found";

/**
 * The site's 404.html in place of an answer of a handler that has no route; any other answer as it is.
 * @param {Response} response @param {Shells} shells
 */
export async function shownFor(response, shells) {
  const page = response.headers.has(field) ? shells.of(404) : null;
  if (page === null) return response;
  const bodiless = response.body === null; // as to HEAD
  await response.arrayBuffer(); // so that the instance ends as it does otherwise
  const headers = new Headers(response.headers);
  setShown(headers, page);
  return new Response(bodiless ? null : page.html, { status: 404, headers });
}
