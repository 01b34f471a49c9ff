// @ts-check
// What a page that varies depends on of a request, read here as the engine reads it: two requests with the same values get the same
// page. Where it is not sure that both read the same, there are no values, and the engine answers.

/** @typedef {((request: Request) => string) | null} Reader  null: as the header says it, see Front.reader */
/**
 * @typedef {{ named: string, fields: { name: string, read: Reader }[], cookies: string[] }} Sources  named: their names, each with a comma
 * behind it but the last
 */

/**
 * @param {string[]} names as route.Varying.AppendSources has them: of fields, an empty one, of cookies
 * @param {(name: string) => Reader} reader
 * @returns {Sources}
 */
export function sourcesOf(names, reader) {
  const end = names.indexOf("");
  return { named: names.join(), fields: names.slice(0, end).map((name) => ({ name, read: reader(name) })), cookies: names.slice(end + 1) };
}

/**
 * The values of a request, each behind a line feed, which none has in it; of what is not there, none. Those of fields are as they came, so
 * that what the engine makes of them is the same too.
 * @param {Sources} sources @param {Request} request @returns {string | null} null: they are not sure
 */
export function valuesOf({ fields, cookies }, request) {
  let values = "";
  for (const { name, read } of fields) values += `\n${read === null ? request.headers.get(name) ?? "" : read(request)}`;
  if (cookies.length === 0) return values;
  const header = request.headers.get("cookie") ?? "";
  if (odd.test(header)) return null;
  for (const name of cookies) {
    const value = cookieOf(header, name);
    values += value === null ? "\n" : `\n=${value}`;
  }
  return values;
}

/** A character that is no printable ASCII, or a place where two fields may have been joined: not all read that alike. */
const odd = /[^\x20-\x7e]|, /;

/**
 * A cookie of a Cookie field with nothing odd, the first of its name; null: there is none. See cookieValue in internal/route.
 * @param {string} header @param {string} name
 */
export function cookieOf(header, name) {
  for (let start = 0; start < header.length;) {
    let end = header.indexOf(";", start);
    if (end < 0) end = header.length;
    while (header.charCodeAt(start) === 0x20) start++;
    if (header.startsWith(name, start)) {
      let equals = start + name.length;
      while (header.charCodeAt(equals) === 0x20) equals++;
      if (header.charCodeAt(equals) === 0x3d) return header.slice(equals + 1, end).trim();
    }
    start = end + 1;
  }
  return null;
}
