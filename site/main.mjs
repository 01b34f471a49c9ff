// The Worker's entry: inlay's, and what this site has beside it. main of wrangler.toml names it.

export { default, PurgeLog, RegionFill } from "./worker.mjs";
export { Upstream } from "./upstream.mjs";
