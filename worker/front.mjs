// @ts-check
// What stands before a Worker: the platform, whose fields say who a visitor is, and perhaps a proxy before that. What is
// believed of it comes to the engine as fields whose names begin with a colon, as it does in inlay's native host.

import { authority, cameBy, country, parseTrust } from "./forwarded.mjs";

/** @typedef {import("./forwarded.mjs").Came} Came */

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
