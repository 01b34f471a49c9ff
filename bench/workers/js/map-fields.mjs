// map.mjs with inlay's header fields.

import { asInlay } from "./fields.mjs";
import { worker } from "./page.mjs";

export default worker(new Map(), asInlay);
