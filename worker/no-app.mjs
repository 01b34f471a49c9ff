// @ts-check
// What stands in build/ in place of app-instances.mjs for a site without Go: there is no app.wasm, and nobody to answer but the
// server that INLAY_ORIGIN names. Where that is not set, pages without fragments work, and everything else is told why not.

const nobody = "the site has no Go, and INLAY_ORIGIN, the URL of the server that answers what it does not, is not set";

/** A handler that has not answered in time: there is none. */
export class SilenceError extends Error {}

/** How many instances this isolate has started. */
export function appInstances() {
  return 0;
}

/** There is nothing to start. @returns {Promise<void>} */
export async function appStarts() {}

/** Refuses a batch of fills. @returns {Promise<void>} */
export async function appFills() {
  throw new Error(nobody);
}

/** Answers what is no page. @param {Request} request @param {any} env @returns {Promise<Response>} */
export async function appFetch(request, env) {
  const text = ["1", "true"].includes(env.INLAY_DEV) ? `404 page not found: ${nobody}\n` : "404 page not found\n";
  return new Response(request.method === "HEAD" ? null : text, {
    status: 404,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff", "inlay-not-found": "1" },
  });
}
