// A Map that keeps everything for ever: no time to live, no limit.

import { plain } from "./fields.mjs";
import { worker } from "./page.mjs";

export default worker(new Map(), plain);
