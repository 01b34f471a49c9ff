// The ceiling: the page's bytes as they are.

import { plain } from "./fields.mjs";
import page from "./page.bin";

const body = new Uint8Array(page);

export default { fetch: () => new Response(body, { headers: plain }) };
