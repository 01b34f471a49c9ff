// node shop.mjs
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";

const page = `<!doctype html>
<html lang="en">
<head><title>Shop</title></head>
<body>
<h1>Shop</h1>
<edge-slot name="offers" src="/offers"><p>One moment…</p></edge-slot>
<p>Open from nine to five.</p>
</body>
</html>
`;

createServer(async (request, response) => {
  console.log("asked for", request.url);
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  if (request.url === "/offers") { // the part that is slow
    await setTimeout(2000);
    response.setHeader("Cache-Control", "public, max-age=60");
    response.end("<ul><li>Teapot, 42.00</ul>");
    return;
  }
  response.setHeader("Inlay-Slots", "edge-slot"); // this page has slots
  response.setHeader("Cache-Control", "public, max-age=600");
  response.end(page);
}).listen(process.env.PORT ?? 3000, "localhost");
