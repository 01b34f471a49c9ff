export { default, PurgeLog } from "./worker.mjs";
