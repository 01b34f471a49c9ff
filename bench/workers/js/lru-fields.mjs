// lru.mjs with inlay's header fields.

import { LRUCache } from "./lru-cache.mjs";
import { asInlay } from "./fields.mjs";
import { worker } from "./page.mjs";

export default worker(new LRUCache({ max: 50_000, ttl: 3_600_000 }), asInlay);
