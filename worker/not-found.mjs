// @ts-check
// 404.html: what a visitor sees where there is no page, and what becomes of a page that cannot be shown. pages.bin has it
// behind what core.wasm reads: header fields and HTML as JSON, and in its last four bytes, the lowest first, how long that
// is; 0 where the site has none.

/** @typedef {{ fields: [string, string][], html: Uint8Array }} Shown */

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
    /** @type {Shown | null | undefined} */
    this.shown = undefined;
  }

  /** The site's 404.html, null if it has none. */
  notFound() {
    if (this.shown === undefined) {
      this.shown = null;
      if (this.tail.length > 0) {
        const { fields, html } = JSON.parse(new TextDecoder().decode(this.tail));
        this.shown = { fields, html: new TextEncoder().encode(html) };
      }
    }
    return this.shown;
  }
}

/** The field by which an instance of app.wasm says that its handler has no route. It goes no further. */
const field = "inlay-not-found";

/**
 * The site's 404.html in place of an answer of a handler that has no route; any other answer as it is.
 * @param {Response} response @param {Shells} shells
 */
export async function shownFor(response, shells) {
  const page = response.headers.has(field) ? shells.notFound() : null;
  if (page === null) return response;
  const bodiless = response.body === null; // as to HEAD
  await response.arrayBuffer(); // so that the instance ends as it does otherwise
  const headers = new Headers(response.headers);
  for (const [name, value] of [["content-type", "text/html; charset=utf-8"], ["content-length", String(page.html.length)], ...page.fields]) {
    headers.set(name, value);
  }
  return new Response(bodiless ? null : page.html, { status: 404, headers });
}
