export { default } from "./worker.mjs";
