// @ts-check
// By what it is believed who a visitor is, and what an origin is told of him. The rules, and why, are at inlay's
// internal/forwarded; its testdata holds both to them.

/** @typedef {{ bytes: number[], v4: boolean }} Address  always sixteen bytes */
/** @typedef {{ all: boolean, prefixes: { address: Address, bits: number }[] }} Trust */

/** Of RFC 1122, section 3.2.1.3, and RFC 4291, section 2.5.3; of RFC 1918 and RFC 4193. */
const loopback = ["127.0.0.0/8", "::1/128"];
const privates = [...loopback, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/**
 * INLAY_TRUSTED_PROXIES: addresses, CIDR prefixes and words. Throws the first that is none of these.
 * @param {string} text @returns {Trust}
 */
export function parseTrust(text) {
  /** @type {Trust} */
  const trust = { all: false, prefixes: [] };
  for (const member of text.split(/[\s,]+/).filter((m) => m !== "")) {
    const word = member.toLowerCase();
    if (word === "all") trust.all = true;
    else if (word === "private" || word === "loopback") {
      for (const p of word === "private" ? privates : loopback) trust.prefixes.push(/** @type {any} */ (parsePrefix(p)));
    } else if (word !== "none") {
      const prefix = parsePrefix(member);
      if (prefix === null) throw member;
      trust.prefixes.push(prefix);
    }
  }
  return trust;
}

/** @param {string} text */
function parsePrefix(text) {
  const [, first, size] = /** @type {RegExpExecArray} */ (/^([^/]*)(?:\/(.*))?$/s.exec(text));
  const address = parseAddress(first);
  if (address === null) return null;
  const most = address.v4 ? 32 : 128;
  if (size === undefined) return { address, bits: 128 };
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(size) || Number(size) > most || (address.v4 && first.includes(":"))) return null;
  return { address, bits: 128 - most + Number(size) };
}

/** Without a zone, which only a socket's address has. @param {string} text @returns {Address | null} */
function parseAddress(text) {
  const v4 = parseV4(text);
  if (v4 !== null) return { bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...v4], v4: true };
  if (!/^[0-9a-f:.]{2,45}$/i.test(text)) return null;
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = groups(halves[0], halves.length === 1);
  const tail = groups(halves[1] ?? "", true);
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  const bytes = [...head, ...new Array(missing).fill(0), ...tail];
  return { bytes, v4: bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255 && bytes[11] === 255 };
}

/** @param {string} text @returns {number[] | null} */
function parseV4(text) {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((p) => /^(?:0|[1-9][0-9]{0,2})$/.test(p) && Number(p) < 256) ? parts.map(Number) : null;
}

/** The bytes of a part of an IPv6 address; at an address's end there may be one of IPv4. @param {string} text @param {boolean} last */
function groups(text, last) {
  /** @type {number[]} */
  const bytes = [];
  if (text === "") return bytes;
  const all = text.split(":");
  for (const [i, group] of all.entries()) {
    const v4 = last && i === all.length - 1 ? parseV4(group) : null;
    if (v4 !== null) bytes.push(...v4);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 255);
    else return null;
  }
  return bytes;
}

/** The address in a text that may have a port, brackets or a zone. @param {string} node @returns {Address | null} */
function addressOf(node) {
  const found = /^\[([^\]]*)\](?::[0-9]{1,5})?$/s.exec(node) ?? /^([^:[\]]*):[0-9]{1,5}$/.exec(node) ?? /^([^[\]]*)$/.exec(node);
  const zone = found !== null && found[1].includes(":") ? /^([^%]*)%./s.exec(found[1]) : null;
  return found === null ? null : parseAddress((zone ?? found)[1]);
}

/** As RFC 5952 has it. @param {Address} address */
function textOf({ bytes, v4 }) {
  if (v4) return bytes.slice(12).join(".");
  const words = [0, 2, 4, 6, 8, 10, 12, 14].map((i) => ((bytes[i] << 8) | bytes[i + 1]).toString(16)).join(":");
  const zeros = words.match(/\b0(?::0)+\b/g) ?? [];
  const longest = zeros.reduce((a, b) => (b.length > a.length ? b : a), "");
  if (longest === "") return words;
  const at = words.search(new RegExp(`(?:^|:)${longest}(?:$|:)`));
  return `${words.slice(0, at)}::${words.slice(at).replace(new RegExp(`^:?${longest}:?`), "")}`;
}

/** @param {string} node its address as text, or null */
const addressIn = (node) => {
  const address = addressOf(node);
  return address === null ? null : textOf(address);
};

/** Whether an address is a trusted proxy's. @param {Trust} trust @param {string} peer "" if it is not known */
function trusts({ all, prefixes }, peer) {
  const address = all ? null : addressOf(peer);
  return all || (address !== null && prefixes.some((p) => p.address.v4 === address.v4 && startsWith(address.bytes, p.address.bytes, p.bits)));
}

/** @param {number[]} a @param {number[]} b @param {number} bits */
function startsWith(a, b, bits) {
  const whole = bits >> 3;
  const mask = 0xff00 >> (bits & 7);
  return a.slice(0, whole).every((v, i) => v === b[i]) && (((a[whole] ?? 0) ^ (b[whole] ?? 0)) & mask & 255) === 0;
}

/** So many members of a list are read, from its end: no site has as many proxies. */
const maxChain = 32;

/** What a Host field may be (RFC 3986, section 3.2.2, without names that no host has). */
export const hostForm = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{0,5})?$/i;

/** What proxies write that do not tell an address: unknown, _hidden, a name. */
const nodeForm = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * How a visitor came to the site, as far as it is believed.
 * @typedef {{
 *   trusted: boolean, scheme: string, host: string, visitor: string, peer: string, chain: string[], elements: string,
 * }} Came  visitor and peer: addresses, "" if they are not known; chain: who came before the peer, the visitor first; elements: the
 * same as Forwarded, where it came as that
 */

/**
 * Finds out how a request came. Where the peer is a trusted proxy its X-Forwarded-For, -Host and -Proto count; Forwarded does where
 * it has set none of them. A list is read from its end, where the nearest proxy has written.
 * @param {Trust} trust
 * @param {{ peer: string, scheme: string, host: string, field: (name: string) => string }} request
 * @returns {Came}
 */
export function cameBy(trust, { peer, scheme, host, field }) {
  const address = addressIn(peer) ?? "";
  /** @type {Came} */
  const came = { trusted: trusts(trust, peer), scheme, host, visitor: address, peer: address, chain: [], elements: "" };
  if (!came.trusted) return came;
  const [chain, hosts, protos] = [field("x-forwarded-for"), field("x-forwarded-host"), field("x-forwarded-proto")];
  if (chain !== "" || hosts !== "" || protos !== "") {
    came.chain = nodes(chain);
    const first = findFirst(trust, came);
    believe(came, pick(members(hosts), first, came.chain.length), pick(members(protos), first, came.chain.length));
    return came;
  }
  const forwarded = field("forwarded");
  const all = parseElements(forwarded);
  if (all !== null) {
    came.elements = forwarded;
    came.chain = all.map((e) => e.node);
    const rest = all.slice(findFirst(trust, came)); // what the first does not say, the next may
    believe(came, rest.find((e) => e.host !== "")?.host ?? "", rest.find((e) => e.proto !== "")?.proto ?? "");
    return came;
  }
  const real = field("x-real-ip");
  if (real !== "" && !/[[\]]|^[^:]*:[^:]*$/.test(real) && addressIn(real) !== null) {
    came.chain = [/** @type {string} */ (addressIn(real))];
    findFirst(trust, came);
  }
  return came;
}

/** The visitor's place in the chain: the last that is no trusted proxy, or the first of all. @param {Trust} trust @param {Came} came */
function findFirst(trust, came) {
  for (let i = came.chain.length - 1; i >= 0; i--) {
    const address = addressIn(came.chain[i]);
    if (i > 0 && address !== null && trusts(trust, address)) continue;
    came.visitor = address ?? "";
    return i;
  }
  return 0;
}

/** @param {Came} came @param {string} host @param {string} scheme that a trusted proxy has told */
function believe(came, host, scheme) {
  if (hostForm.test(host)) came.host = host;
  const told = /^(?:http|ws)(s?)$/i.exec(scheme);
  if (told !== null) came.scheme = told[1] === "" ? "http" : "https";
}

/**
 * The member at a place of a list that goes along with a chain of n; of any other list its last, which the nearest proxy has written.
 * @param {string[]} list @param {number} place @param {number} n
 */
const pick = (list, place, n) => list[list.length === n ? place : list.length - 1] ?? "";

/** @param {string} list */
const members = (list) => list.split(",").map(trimmed).filter((m) => m !== "").slice(-maxChain);

/** @param {string} text */
const trimmed = (text) => text.replace(/^[ \t]+|[ \t]+$/g, "");

/** The members of X-Forwarded-For, up to the last that cannot be one. @param {string} list */
function nodes(list) {
  const all = members(list);
  for (let i = all.length - 1; i >= 0; i--) {
    const address = addressIn(all[i]);
    if (address !== null) all[i] = address;
    else if (!nodeForm.test(all[i])) return all.slice(i + 1);
  }
  return all;
}

/** A name and a value of Forwarded, and what comes after (RFC 7239, section 4), with white space that some write. */
const pair = /([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\[^])*)")[ \t]*(?:(;)[ \t]*)?/y;

/**
 * Forwarded; null if it is not of the form: then what a visitor has begun, with a quote that he does not close, may be of his
 * making up to its end.
 * @param {string} text
 */
function parseElements(text) {
  const s = trimmed(text);
  /** @type {{ node: string, host: string, proto: string }[]} */
  const all = [];
  for (let at = 0; at < s.length; ) {
    if (s[at] === ",") {
      at += 1 + /** @type {RegExpExecArray} */ (/^[ \t]*/.exec(s.slice(at + 1)))[0].length;
      continue;
    }
    const e = { node: "unknown", host: "", proto: "" };
    for (let more = true; more; ) {
      pair.lastIndex = at;
      const found = pair.exec(s);
      if (found === null) return null;
      at = pair.lastIndex;
      const value = found[2] ?? found[3].replace(/\\([^])/g, "$1");
      const name = found[1].toLowerCase();
      if (name === "for") {
        const node = addressIn(value) ?? value.split(":", 1)[0];
        if (addressIn(value) === null && !nodeForm.test(node)) return null;
        e.node = node;
      } else if (name === "host" || name === "proto") {
        if (!(name === "host" ? hostForm : nodeForm).test(value)) return null;
        e[name] = value;
      }
      more = found[4] === ";" && at < s.length && s[at] !== ",";
      if (!more && at < s.length && s[at] !== ",") return null;
    }
    if (all.length === maxChain) return null;
    all.push(e);
  }
  return all.length > 0 ? all : null;
}

/** The visitor's host in lower case, without a port that is the scheme's own. @param {{ host: string, scheme: string }} came */
export const authority = ({ host, scheme }) => host.toLowerCase().replace(/:$/, "").replace(scheme === "https" ? /:443$/ : /:80$/, "");

/** Two letters or what stands for them (T1: Tor); "" where the platform or a proxy says that it does not know. @param {string} value */
export const country = (value) => (/^[a-z][a-z0-9]$/i.test(value) && !/^xx$/i.test(value) ? value.toUpperCase() : "");

/**
 * The fields to set on a request that is passed on, in place of all by those names; one without a value is to be taken out.
 * @param {Came} came @param {string} host what an origin is to be told as the visitor's; "": nothing @returns {[string, string][]}
 */
export function fieldsOf(came, host) {
  const chain = came.peer === "" ? came.chain : [...came.chain, came.peer];
  const own = `for=${nodeOf(came.peer)}${host === "" ? "" : `;host=${quoted(host)}`};proto=${came.scheme}`;
  const before = came.elements || came.chain.map((node) => `for=${nodeOf(node)}`).join(", ");
  return [
    ["x-forwarded-for", chain.join(", ")],
    ["x-forwarded-host", host],
    ["x-forwarded-proto", came.scheme],
    ["forwarded", before === "" ? own : `${before}, ${own}`],
    ["x-real-ip", came.visitor],
  ];
}

/** A node as Forwarded has it. @param {string} node */
function nodeOf(node) {
  const address = addressOf(node);
  if (address !== null) return address.v4 ? textOf(address) : `"[${textOf(address)}]"`;
  return /^_./.test(node) ? node : "unknown";
}

/** @param {string} host */
const quoted = (host) => (/[[:]/.test(host) ? `"${host}"` : host);

/** The fields, besides X-Forwarded-…, that origins take for a proxy's word on who a visitor is. */
const vouching = new Set([
  "forwarded", "x-real-ip", "x-forwarded", "x-client-ip", "x-cluster-client-ip", "x-original-forwarded-for", "x-original-host", "x-url-scheme",
  "front-end-https", "true-client-ip", "fastly-client-ip", "cf-connecting-ip", "cf-connecting-ipv6", "cf-pseudo-ipv4", "cf-ipcountry", "cf-visitor",
]);

/**
 * Whether a field says something of a visitor that not everybody may say: it is to be taken out, before what fieldsOf has is
 * set. What the platform says of him stays, and where one that others use says the same.
 * @param {Came} came @param {string} name in lower case @param {string} value @param {string} more such a field of the site's own, "" if there is none
 */
export function vouches(came, name, value, more) {
  const plain = name.replaceAll("_", "-");
  const own = more !== "" && plain === more.replaceAll("_", "-");
  if (own && name !== more) return true;
  if (!own && !vouching.has(plain) && !plain.startsWith("x-forwarded-")) return false;
  if (!own && name !== plain) return true;
  return !came.trusted && (came.visitor === "" || value !== came.visitor);
}
