// lru-cache with a limit and a time to live.

import { LRUCache } from "./lru-cache.mjs";
import { plain } from "./fields.mjs";
import { worker } from "./page.mjs";

export default worker(new LRUCache({ max: 50_000, ttl: 3_600_000 }), plain);
