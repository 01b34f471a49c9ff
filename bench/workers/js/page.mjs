// The page as a Worker written by hand serves it: five look-ups and one string. A miss asks the origin for what is missing,
// all at once, and waits for it; there is no single flight.

import { parts } from "./parts.mjs";

/**
 * @param {{ get(key: string): string | undefined, set(key: string, value: string): unknown }} cache
 * @param {Record<string, string>} headers
 */
export function worker(cache, headers) {
  /** @param {string} key @param {string} origin */
  async function fill(key, origin) {
    const response = await fetch(origin + key);
    if (response.status !== 200) throw new Error(`the origin answered ${response.status} for ${key}`);
    const html = await response.text();
    cache.set(key, html);
    return html;
  }

  /** @param {string} prefix @param {string} id @param {string} origin */
  async function cold(prefix, id, origin) {
    const fragments = await Promise.all(parts.slice(1).map((_, i) => {
      const key = `${prefix}${i}/${id}`;
      return cache.get(key) ?? fill(key, origin);
    }));
    return new Response(parts[0] + fragments.map((html, i) => html + parts[i + 1]).join(""), { headers });
  }

  return {
    /** @param {Request} request @param {{ ORIGIN: string }} env @returns {Response | Promise<Response>} */
    fetch(request, env) {
      const url = request.url;
      const path = url.indexOf("/", 8);
      const slash = url.indexOf("/", path + 1);
      const id = url.slice(slash + 1);
      const prefix = url.slice(path, slash) === "/page" ? "/fast/" : "/slow/";
      let html = parts[0];
      for (let i = 0; i + 1 < parts.length; i++) {
        const fragment = cache.get(`${prefix}${i}/${id}`);
        if (fragment === undefined) return cold(prefix, id, env.ORIGIN);
        html += fragment + parts[i + 1];
      }
      return new Response(html, { headers });
    },
  };
}
