// @ts-check
// Where a redirect leads a fill. The rules, and why, are at RedirectTarget in internal/answer/redirect.go;
// internal/answer/testdata/redirects.json holds both to them.

/** How many redirects a fill follows. */
export const maxRedirects = 5;

const redirects = new Set([301, 302, 303, 307, 308]);
const reference = /^(?:[-A-Za-z0-9._~:/?@!$&'()*+,;=[\]]|%[0-9A-Fa-f]{2})+$/;

/**
 * The next URL; null: none, and the redirect itself is the answer.
 * @param {string} base an absolute URL without a fragment
 * @param {number} status
 * @param {string | null | undefined} location
 * @returns {string | null}
 */
export function redirectTarget(base, status, location) {
  if (!redirects.has(status) || !location) return null;
  let ref = location.replace(/^[ \t]+|[ \t]+$/g, "").split("#", 1)[0];
  if (!reference.test(ref)) return null;
  const [, scheme, authority, path] = /** @type {RegExpExecArray} */ (/^([^:]*):\/\/([^/?]*)([^?]*)/.exec(base));
  const absolute = /^([^:/?]*):/.exec(ref);
  if (absolute !== null) {
    ref = ref.slice(absolute[0].length);
    if (absolute[1].toLowerCase() !== scheme.toLowerCase() || !ref.startsWith("//")) return null;
  }
  if (ref.startsWith("//")) {
    const [whole, host] = /** @type {RegExpExecArray} */ (/^\/\/([^/?]*)/.exec(ref));
    if (!sameAuthority(scheme, host, authority)) return null;
    ref = ref.slice(whole.length);
    if (!ref.startsWith("/")) ref = `/${ref}`;
  } else if (ref.startsWith("?")) {
    ref = path + ref;
  } else if (!ref.startsWith("/")) {
    ref = path.slice(0, path.lastIndexOf("/") + 1) + ref;
  }
  const end = `${ref}?`.indexOf("?");
  const resolved = resolveDots(ref.slice(0, end));
  if (resolved === null || isOwnPath(resolved)) return null;
  return `${scheme}://${authority}${resolved}${ref.slice(end)}`;
}

/**
 * Where a redirect leads the visitor of a page whose required fragment was asked for at base: VisitorsLocation in
 * internal/answer/redirect.go, by the table in internal/answer/testdata/visitors.json.
 * @param {string} prefix @param {string} base @param {number} status @param {string | null | undefined} location
 * @returns {string} empty: nowhere
 */
export function visitorsLocation(prefix, base, status, location) {
  if (!redirects.has(status) || !location) return "";
  const [, ref, fragment = ""] = /** @type {RegExpExecArray} */ (/^([^#]*)(#[^]*)?$/.exec(location.replace(/^[ \t]+|[ \t]+$/g, "")));
  if (fragment !== "" && fragment !== "#" && !reference.test(fragment.slice(1))) return "";
  const next = redirectTarget(base, status, location);
  const behind = (/** @type {string | null} */ url) => (url?.startsWith(`${prefix}/`) ? url.slice(prefix.length) + fragment : "");
  if (next !== null) return behind(next);
  const absolute = /^(https?):\/\/([^/?]+)/i.exec(ref);
  if (absolute === null || !reference.test(ref)) return "";
  const [, own, authority] = /** @type {RegExpExecArray} */ (/^([^:]*):\/\/([^/?]*)/.exec(base));
  if (!sameAuthority(absolute[1], absolute[2], authority)) return ref + fragment;
  return behind(redirectTarget(base, status, own + ref.slice(absolute[1].length))); // it does not know by which scheme it is asked
}

/** @param {string} scheme @param {string} a @param {string} b */
function sameAuthority(scheme, a, b) {
  const parts = (/** @type {string} */ authority) => {
    const [, host, port] = /** @type {RegExpExecArray} */ (/^(.*?)(?::([^:\]]*))?$/.exec(authority));
    return [host.toLowerCase(), (port ?? "").replace(/^0+(?=.)/, "") || (scheme.toLowerCase() === "https" ? "443" : "80")];
  };
  const [hostA, portA] = parts(a);
  const [hostB, portB] = parts(b);
  return hostA !== "" && !(a + b).includes("@") && hostA === hostB && portA === portB;
}

/** RFC 3986, section 5.2.4; null for a path that would begin with "//". @param {string} path */
function resolveDots(path) {
  if (!path.startsWith("/")) return null;
  /** @type {string[]} */
  const segments = [];
  const all = path.slice(1).split("/");
  all.forEach((segment, i) => {
    const dots = segment.replace(/%2e/gi, ".");
    if (dots !== "." && dots !== "..") segments.push(segment);
    else {
      if (dots === "..") segments.pop();
      if (i === all.length - 1) segments.push(""); // a dot segment at the end leaves its slash
    }
  });
  return segments.length > 1 && segments[0] === "" ? null : `/${segments.join("/")}`;
}

/** @param {string} path */
function isOwnPath(path) {
  let decoded = path;
  for (let before = ""; before !== decoded;) {
    before = decoded;
    decoded = decoded.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  }
  return decoded.toLowerCase().replaceAll("\\", "/").includes("/_inlay");
}
