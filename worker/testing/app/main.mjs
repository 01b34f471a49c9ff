// The entry of the runtime tests' Worker: inlay's own, and a Durable Object beside it, as a site's author would have one.

export { default, PurgeLog, RegionFill } from "./worker.mjs";
export { Counter } from "./counter.mjs";
