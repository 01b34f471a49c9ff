// The page as a Worker written by hand serves it: five look-ups and one string. A miss asks the origin for what is missing,
// all at once, and waits for it; there is no single flight.

import { currencyOf, fill, isKept, keyOf, pageOf } from "./keys.mjs";
import { parts } from "./parts.mjs";

/**
 * @param {{ get(key: string): string | undefined, set(key: string, value: string): unknown }} cache
 * @param {Record<string, string>} headers
 */
export function worker(cache, headers) {
  /** @param {string} kind @param {string} id @param {string} currency @param {Record<string, string>} fields @param {string} origin */
  async function cold(kind, id, currency, fields, origin) {
    const fragments = await Promise.all(parts.slice(1).map(async (_, i) => {
      const key = keyOf(kind, i, id, currency);
      const found = cache.get(key);
      if (found !== undefined) return found;
      const html = await fill(key, origin);
      if (isKept(key)) cache.set(key, html);
      return html;
    }));
    return new Response(parts[0] + fragments.map((html, i) => html + parts[i + 1]).join(""), { headers: fields });
  }

  const varying = { ...headers, vary: "cookie" };

  return {
    /** @param {Request} request @param {{ ORIGIN: string }} env @returns {Response | Promise<Response>} */
    fetch(request, env) {
      const { kind, id } = pageOf(request.url);
      const varies = kind === "vary";
      const currency = varies ? currencyOf(request) : "";
      const fields = varies ? varying : headers;
      let html = parts[0];
      for (let i = 0; i + 1 < parts.length; i++) {
        const fragment = cache.get(keyOf(kind, i, id, currency));
        if (fragment === undefined) return cold(kind, id, currency, fields, env.ORIGIN);
        html += fragment + parts[i + 1];
      }
      return new Response(html, { headers: fields });
    },
  };
}
