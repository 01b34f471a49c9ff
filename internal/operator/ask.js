// @ts-check
// What is asked of the site, with the token, and what can go wrong with it.

/** The token, in this variable alone. */
let token = "";

/** What went wrong, for whoever reads the page. Kind: token, off, bad, busy, reach or strange. */
class Trouble extends Error {
  /** @param {string} kind @param {string} text */
  constructor(kind, text) {
    super(text);
    this.kind = kind;
  }
}

/** How long an answer may take, in milliseconds. */
const patience = 20_000;

/**
 * An answer of administration.
 * @param {string} path relative to this page's, such as stats @param {string} [method]
 * @returns {Promise<any>} what its JSON says; fails with a Trouble
 */
async function ask(path, method = "GET") {
  const given = token;
  /** @type {Response} */
  let response;
  /** @type {string} */
  let text;
  try {
    response = await fetch(`/_inlay/${path}`, {
      method, headers: { authorization: `Bearer ${given}`, accept: "application/json" },
      cache: "no-store", redirect: "manual", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(patience),
    });
    text = await response.text();
  } catch (error) {
    const slow = error instanceof DOMException && error.name === "TimeoutError";
    throw new Trouble("reach", slow ? `The site has not answered within ${patience / 1000} seconds.` : "The site cannot be reached.");
  }
  if (response.type === "opaqueredirect") throw new Trouble("strange", "Something in front of the site leads elsewhere instead of answering: look at what asks for a login there.");
  const isJSON = /^application\/json\b/i.test(response.headers.get("content-type") ?? "");
  const excerpt = visible(text.trim().replace(/\s+/g, " ").slice(0, 200));
  switch (response.status) {
    case 401:
      throw new Trouble("token", "That is not the token of this site.");
    case 404:
      throw new Trouble("off", "Administration is off here, or the site is of an older inlay: INLAY_TOKEN opens it.");
    case 500:
    case 502:
    case 504:
      throw new Trouble("reach", `The site answers ${response.status}: ${excerpt}`);
  }
  let value;
  try {
    value = isJSON ? JSON.parse(text) : null;
  } catch {} // what is no JSON is told of below
  if (response.status === 400 || response.status === 503) {
    throw new Trouble(response.status === 400 ? "bad" : "busy", typeof value?.error === "string" ? value.error : excerpt || `The site answers ${response.status}.`);
  }
  if (response.status !== 200 || value === null || typeof value !== "object") {
    throw new Trouble("strange", `What answers is not inlay: status ${response.status}, ${excerpt || "and nothing else"}. Look at what stands in front of the site.`);
  }
  return value;
}

/** A query of administration: parameters that are empty are left out. @param {[string, string][]} parameters */
const queryOf = (parameters) => new URLSearchParams(parameters.filter(([, value]) => value !== "")).toString().replaceAll("+", "%20");
