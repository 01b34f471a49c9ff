// @ts-check
// What stands before a Worker: the platform, whose fields say who a visitor is, and perhaps a proxy before that. What is
// believed of it comes to the engine as fields whose names begin with a colon, as it does in inlay's native host.

import { cookie, parseOrigin, reference, refresh } from "./back.mjs";
import { build } from "./build-id.mjs";
import { authority, cameBy, country, fieldsOf, parseTrust, vouches } from "./forwarded.mjs";
import { takeHops } from "./hops.mjs";
import { error as sayError, nameOf } from "./say.mjs";
import { digest } from "./tiers.mjs";

/** @typedef {import("./forwarded.mjs").Came} Came */

/** As INLAY_ORIGIN: the server behind the Worker's route. */
export const route = "route";

export const loopField = "cdn-loop";

export class Front {
  /** Throws a text if a variable cannot be used. @param {Record<string, unknown>} env */
  constructor(env) {
    const text = (/** @type {string} */ name) => (typeof env[name] === "string" ? env[name].trim() : "");
    try {
      this.trust = parseTrust(text("INLAY_TRUSTED_PROXIES"));
    } catch (wrong) {
      throw `INLAY_TRUSTED_PROXIES: ${JSON.stringify(wrong)}: expected addresses such as 203.0.113.7 or 10.0.0.0/8, or loopback, private, all or none, with commas or spaces between`;
    }
    /** Whether anybody but the platform may be believed. */
    this.trusts = this.trust.all || this.trust.prefixes.length > 0;
    this.countryField = text("INLAY_COUNTRY_FIELD").toLowerCase();
    /** Whether the site's hosts are listed. */
    this.listed = /[^\s,]/.test(text("INLAY_HOSTS"));
    this.origin = text("INLAY_ORIGIN");
    /** What its answers may say of it; null: what is no page goes to app.wasm, or to where the visitor's URL leads. @type {import("./back.mjs").Origin | null} */
    this.behind = null;
    /** The site's name in CDN-Loop (RFC 8586): of all of its isolates, and of no other site that stands before it or behind. */
    this.name = `inlay-${digest([build, this.origin, text("INLAY_HOSTS")].join("\n"))}`;
  }

  /** @param {string} origin as the core has it */
  passesTo(origin) {
    this.origin = origin;
    this.behind = origin === "" || origin === route ? null : parseOrigin(origin);
  }

  /** Whether a request has come back to the site that passed it on. @param {Request} request */
  isLoop({ headers }) {
    const names = headers.get(loopField);
    return names !== null && names.includes("inlay-") && names.split(",").some((m) => m.split(";", 1)[0].trim().toLowerCase() === this.name);
  }

  /** Tells of such a request. @param {Request} request @returns {string} */
  loop(request) {
    const { host, pathname } = new URL(request.url);
    sayError(`a request has come back to the site that passed it on: INLAY_ORIGIN ${this.origin}, or the host of a src, leads to the site itself, as ${host}: ${pathname}`, { request: nameOf(request) });
    return `INLAY_ORIGIN ${this.origin}, or the host of a src, leads to this site itself, here as ${host}.`;
  }

  /**
   * Makes a request's header that of one that is passed on: nothing in it is for one connection, and of who the visitor is it says what
   * is believed. What the platform says of him stays.
   * @param {Headers} headers @param {Came} came @param {string} listed the member of INLAY_HOSTS that he came for; where hosts are
   * listed an origin is told of no other
   */
  inward(headers, came, listed) {
    takeHops(headers);
    for (const [name, value] of [...headers]) {
      if (!name.startsWith("cf-") && vouches(came, name, value, this.countryField)) headers.delete(name);
    }
    for (const [name, value] of fieldsOf(came, listed || (this.listed ? "" : authority(came)))) {
      if (value === "") headers.delete(name);
      else headers.set(name, value);
    }
    if (this.origin !== "") headers.append(loopField, this.name);
  }

  /**
   * Brings what an origin's answer says of the origin's own host back to the site, as the visitor knows it.
   * @param {Headers} headers @param {Came} came @returns {Headers | null} null: there is nothing
   */
  outward(headers, came) {
    const { behind } = this;
    const host = authority(came);
    if (behind === null || host === "") return null;
    const site = `${came.scheme}://${host}`;
    /** @type {Headers | null} */
    let made = null;
    const changed = () => (made ??= new Headers(headers));
    for (const [name, back] of /** @type {const} */ ([["location", reference], ["content-location", reference], ["refresh", refresh]])) {
      const value = headers.get(name);
      if (value === null) continue;
      const brought = back(behind, value, site);
      if (brought !== value) changed().set(name, brought);
    }
    const cookies = headers.getSetCookie();
    const brought = cookies.map((line) => cookie(behind, line, site));
    if (brought.some((line, i) => line !== cookies[i])) {
      changed().delete("set-cookie");
      for (const line of brought) changed().append("set-cookie", line);
    }
    return made;
  }

  /** @param {Request} request @returns {Came} */
  came({ headers, url }) {
    return cameBy(this.trust, {
      peer: headers.get("cf-connecting-ip") ?? "", scheme: schemeOf(headers, url), host: headers.get("host") ?? "",
      field: (name) => headers.get(name) ?? "",
    });
  }

  /**
   * What the engine asks for that is not as a header says it; null: as it says it.
   * @param {string} name @returns {((request: Request) => string) | null}
   */
  reader(name) {
    switch (name) {
      case "host":
        return this.trusts ? (request) => this.came(request).host : null;
      case ":scheme":
        return (request) => (this.trusts ? this.came(request).scheme : schemeOf(request.headers, request.url));
      case ":authority":
        return (request) => authority(this.trusts ? this.came(request) : { host: request.headers.get("host") ?? "", scheme: schemeOf(request.headers, request.url) });
      case ":country":
        return (request) => this.country(request);
    }
    return null;
  }

  /** @param {Request} request */
  country(request) {
    const { headers, cf } = request;
    if (this.countryField !== "" && headers.has(this.countryField) && this.came(request).trusted) return country(headers.get(this.countryField) ?? "");
    return country(String(cf?.country ?? headers.get("cf-ipcountry") ?? ""));
  }

  /**
   * Whether an answer to a request may be said again to all that have its URL: what is told of a visitor elsewhere makes other pages.
   * @param {Request} request
   */
  isPlain({ headers, url }) {
    const plain = !headers.has("cf-visitor") || url.startsWith(`${schemeOf(headers, url)}:`);
    return plain && !(this.trusts && told.some((name) => headers.has(name)));
  }
}

/** Fields in which a trusted proxy says how a visitor came. */
const told = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded"];

/** The visitor's scheme, as the platform has it. @param {Headers} headers @param {string} url */
function schemeOf(headers, url) {
  const visitor = headers.get("cf-visitor");
  return (visitor === null ? null : /^\{\s*"scheme"\s*:\s*"(https?)"\s*\}$/.exec(visitor)?.[1]) ?? (url.startsWith("https:") ? "https" : "http");
}
