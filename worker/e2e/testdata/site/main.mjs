export { default, PurgeLog, RegionFill } from "./worker.mjs";
