// @ts-check
// The upstream of the Worker: what upstream.go is natively. A class that the Worker's entry exports can be asked by all of
// the Worker, as a service of its own.

import { WorkerEntrypoint } from "cloudflare:workers";
import packed from "./upstream.json.z";

const maxDelay = 60_000;

/** Documents by name, once they have been asked for. @type {Record<string, string> | null} */
let documents = null;

/** The delay that SITE_DELAY_MS says, in milliseconds; not a number if it says none. @param {string | null | undefined} value */
function delayOf(value) {
  if (value == null || value === "") return 800;
  return /^\d{1,10}$/.test(value) && Number(value) <= maxDelay ? Number(value) : NaN;
}

/** @param {number} status @param {string} text */
const refuse = (status, text) => new Response(`${text}\n`, { status });

export class Upstream extends WorkerEntrypoint {
  /** @param {Request} request */
  async fetch(request) {
    const value = /** @type {any} */ (this.env).SITE_DELAY_MS;
    const delay = delayOf(value);
    if (isNaN(delay)) {
      return refuse(500, `SITE_DELAY_MS is ${JSON.stringify(value)}; it must be a whole number of milliseconds from 0 to ${maxDelay}`);
    }
    await scheduler.wait(delay);
    if (documents === null) {
      const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
      documents = await new Response(unpacked).json();
    }
    const text = documents?.[decodeURIComponent(new URL(request.url).pathname.slice(1))];
    if (text === undefined) return refuse(404, "no such document");
    return new Response(text, { headers: { "upstream-delay": String(delay) } });
  }
}
