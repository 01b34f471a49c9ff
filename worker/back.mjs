// @ts-check
// What of an origin's answer names the origin where the visitor knows only the site. The rules, and why, are at inlay's
// internal/forwarded/back.go; its testdata holds both to them.

/** @typedef {{ host: string, port: string, path: string }} Origin  port: "", the scheme's own; path: "" or without a slash at its end */

/** @param {string} url of an origin, as the core has it: valid, in lower case, without a slash at its end @returns {Origin} */
export function parseOrigin(url) {
  const [, scheme, authority, path] = /** @type {RegExpExecArray} */ (/^([^:]*):\/\/([^/]*)(.*)$/s.exec(url));
  const [host, port] = cutPort(authority);
  return { host, port: port === (scheme === "https" ? "443" : "80") ? "" : port, path };
}

/** @param {string} authority @returns {[string, string]} */
function cutPort(authority) {
  const at = authority.lastIndexOf(":");
  return at < 0 || authority.indexOf("]", at) >= 0 ? [authority, ""] : [authority.slice(0, at), authority.slice(at + 1)];
}

/**
 * A reference as the visitor can follow it.
 * @param {Origin} origin @param {string} ref @param {string} site the visitor's, as https://shop.example
 */
export function reference(origin, ref, site) {
  const scheme = /^https?:/i.exec(ref)?.[0] ?? "";
  const found = /^\/\/([^/\\?#]*)([^]*)$/.exec(ref.slice(scheme.length));
  if (found === null) {
    const path = scheme === "" && origin.path !== "" ? below(origin, ref) : null;
    if (path === null) return ref;
    return /^\/[/\\]/.test(path) ? site + path : path; // by itself it would name a host
  }
  const path = below(origin, found[2]);
  return path === null || !isOwn(origin, found[1]) ? ref : site + path;
}

/** @param {Origin} origin @param {string} authority */
function isOwn(origin, authority) {
  const [host, port] = cutPort(authority);
  return lower(host) === origin.host && (port === "" || port === origin.port || (origin.port === "" && (port === "80" || port === "443")));
}

/** Of ASCII. @param {string} text */
const lower = (text) => text.replace(/[A-Z]+/g, (s) => s.toLowerCase());

/** What follows the origin's path, with a slash in front; null: it is not below that. @param {Origin} origin @param {string} target */
function below({ path }, target) {
  if (!target.startsWith(path)) return null;
  const rest = target.slice(path.length);
  if (rest === "" || rest[0] === "?" || rest[0] === "#") return `/${rest}`;
  return rest[0] === "/" ? rest : null;
}

/** @param {Origin} origin @param {string} value @param {string} site */
export function refresh(origin, value, site) {
  const [before] = /^[^;,]*[;,][ \t]*(?:url[ \t]*=[ \t]*)?/i.exec(value) ?? [null];
  if (before === null) return value;
  const rest = value.slice(before.length);
  const quote = /^["']/.exec(rest)?.[0] ?? "";
  const closing = quote === "" ? -1 : rest.indexOf(quote, 1);
  const end = closing < 0 ? rest.length : closing;
  return before + quote + reference(origin, rest.slice(quote.length, end), site) + rest.slice(end);
}

/** A line of Set-Cookie as the visitor's browser takes it. @param {Origin} origin @param {string} line @param {string} site */
export function cookie(origin, line, site) {
  const [pair, ...attributes] = line.split(";");
  const host = cutPort(site.slice(site.indexOf("://") + 3))[0];
  const kept = [pair];
  for (const part of attributes) {
    const at = part.indexOf("=");
    const name = lower(trimmed(at < 0 ? part : part.slice(0, at)));
    const value = at < 0 ? "" : trimmed(part.slice(at + 1));
    if (name === "domain") {
      const domain = lower(value.replace(/^\./, ""));
      if (domain === origin.host && host !== domain && !host.endsWith(`.${domain}`)) continue;
    }
    const path = name === "path" && origin.path !== "" && !/[?#]/.test(value) ? below(origin, value) : null;
    kept.push(path === null ? part : part.slice(0, at + 1) + path);
  }
  return kept.join(";");
}

/** @param {string} text */
const trimmed = (text) => text.replace(/^[ \t]+|[ \t]+$/g, "");
