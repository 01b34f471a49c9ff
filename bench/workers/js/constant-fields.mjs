// The ceiling for who sends inlay's header fields.

import { asInlay } from "./fields.mjs";
import page from "./page.bin";

const body = new Uint8Array(page);

export default { fetch: () => new Response(body, { headers: asInlay }) };
