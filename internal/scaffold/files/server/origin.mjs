// Stands in for your server while you write: node origin.mjs. Once wrangler.toml's INLAY_ORIGIN is your server, this file can go.

import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const catalogue = {
  teapot: { name: "Teapot", text: "Holds four cups &amp; keeps them warm.", cents: 4200 },
  kettle: { name: "Kettle", text: "Whistles when the water boils.", cents: 3500 },
  cup: { name: "Cup", text: "For one.", cents: 900 },
};

/** The fragment of a path: its status and its HTML. cookie is what the slot's vary declares, and nothing else. */
export function fragment(path, cookie = "") {
  const [, fragments, kind, id] = path.split("/");
  if (fragments !== "fragments") return [404, "<p>There is no such page."];
  if (kind === "products" && id === undefined) {
    const items = Object.entries(catalogue).map(([id, { name }]) => `<li><a href="/products/${id}">${name}</a></li>`);
    return [200, `<ul>${items.join("\n")}</ul>`];
  }
  const product = Object.hasOwn(catalogue, id ?? "") ? catalogue[id] : undefined;
  if (product === undefined) return [404, ""]; // in a required slot this is the page's status, and 404.html what the visitor sees
  switch (kind) {
    case "title":
      return [200, `<title>${product.name} · Teahouse</title>`];
    case "products":
      return [200, `<h1>${product.name}</h1>\n<p>${product.text}</p>`];
    case "price": {
      const [currency, rate] = cookie === "currency=CHF" ? ["CHF", 0.94] : ["EUR", 1];
      return [200, `<p>${((rate * product.cents) / 100).toFixed(2)} ${currency}</p>`];
    }
  }
  return [404, ""];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const server = createServer((request, response) => {
    const [status, html] = fragment(new URL(request.url, "http://localhost").pathname, request.headers.cookie);
    response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(html);
  });
  server.listen(Number(process.env.PORT || 3000), "127.0.0.1", () => console.log(`fragments on http://127.0.0.1:${server.address().port}`));
}
