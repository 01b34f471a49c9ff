// What the Workers that are written by hand look up: the fragments of a page, by their paths at the origin.

/** The page's kind and id of /KIND/ID. @param {string} url */
export function pageOf(url) {
  const path = url.indexOf("/", 8);
  const slash = url.indexOf("/", path + 1);
  return { kind: url.slice(path + 1, slash), id: url.slice(slash + 1) };
}

/** What a page of /vary/ depends on. @param {Request} request */
export function currencyOf(request) {
  const cookie = request.headers.get("cookie");
  return cookie === null ? "" : /(?:^|; )currency=([^;]*)/.exec(cookie)?.[1] ?? "";
}

/**
 * The key of a fragment: its path, and what it depends on after a line feed. The third of /vary/ depends on the cookie, the last of
 * /never/ is kept by nobody.
 * @param {string} kind @param {number} i @param {string} id @param {string} currency
 */
export function keyOf(kind, i, id, currency) {
  if (kind === "vary" && i === 2) return `/fast/${i}/${id}\n${currency}`;
  if (kind === "never" && i === 4) return `/never/${i}/${id}`;
  return kind === "page" || kind === "vary" || kind === "never" ? `/fast/${i}/${id}` : `/slow/${i}/${id}`;
}

/** @param {string} key @param {string} origin @returns {Promise<string>} */
export async function fill(key, origin) {
  const [src, currency] = key.split("\n");
  const response = await fetch(origin + src, currency === undefined ? undefined : { headers: { cookie: `currency=${currency}` } });
  if (response.status !== 200) throw new Error(`the origin answered ${response.status} for ${src}`);
  return response.text();
}

/** @param {string} key */
export const isKept = (key) => !key.startsWith("/never/");
