// A site as people have it who know Express: forms, a login, uploads, files, events, a WebSocket, and a page whose parts are
// slots. It knows nothing of inlay but the markup of that page.

import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";

import compression from "compression";
import express from "express";
import multer from "multer";
import { WebSocketServer } from "ws";

const app = express();
const sessions = new Map();
const gates = new EventEmitter();
const opened = new Set();

/** Waits until GET /open/NAME was asked. */
async function gate(name) {
  if (!opened.has(name)) await once(gates, name);
}

app.use((request, _response, next) => {
  console.log(`asked ${request.method} ${request.url}`);
  next();
});
app.get("/open/:name", (request, response) => {
  opened.add(request.params.name);
  gates.emit(request.params.name);
  response.sendStatus(204);
});

app.get("/", (_request, response) => response.send("<!doctype html><title>Home</title><p>Welcome"));
app.get("/form", (_request, response) => response.send('<!doctype html><form method=post><input name=who><textarea name=text></textarea>'));
app.post("/form", express.urlencoded(), ({ body }, response) => response.json(body));
app.all("/echo", express.text({ type: "*/*" }), (request, response) => {
  response.json({ method: request.method, url: request.originalUrl, type: request.get("content-type") ?? null, body: request.body ?? null });
});

const cookieOf = (request) => /(?:^|; )sid=([^;]*)/.exec(request.get("cookie") ?? "")?.[1] ?? "";
app.post("/login", express.urlencoded(), ({ body }, response) => {
  if (body.password !== "open sesame") return response.status(401).send("<!doctype html><p>Wrong password");
  const sid = createHash("sha256").update(`${Math.random()}`).digest("hex");
  sessions.set(sid, body.who);
  response.cookie("sid", sid, { httpOnly: true, sameSite: "lax" });
  response.cookie("seen", "1", { maxAge: 3600_000 });
  response.redirect(303, "/account");
});
app.get("/account", (request, response) => {
  const who = sessions.get(cookieOf(request));
  if (who === undefined) return response.redirect("/form");
  response.set("cache-control", "private, no-store").send(`<!doctype html><p>Good morning, ${who}`);
});
app.post("/logout", (request, response) => {
  sessions.delete(cookieOf(request));
  response.clearCookie("sid").redirect("/");
});

app.post("/upload", multer().single("file"), ({ file, body }, response) => {
  response.json({ name: file.originalname, type: file.mimetype, size: file.size, sha256: createHash("sha256").update(file.buffer).digest("hex"), note: body.note });
});

app.get("/redirect/relative", (_request, response) => response.redirect("../form?from=relative"));
app.get("/redirect/absolute", (request, response) => response.redirect(301, `http://${request.get("host")}/form?from=absolute#there`));
app.get("/redirect/elsewhere", (_request, response) => response.redirect(307, "https://elsewhere.example/x?y=1"));

app.get("/text", compression({ threshold: 0 }), (_request, response) => response.type("text").set("cache-control", "max-age=60").send("a line of text\n".repeat(2000)));
app.use("/files", express.static(new URL("public", import.meta.url).pathname, { maxAge: "1h" }));

app.get("/big", (_request, response) => {
  response.type("application/octet-stream").attachment("big.bin");
  const block = Buffer.alloc(1 << 20, "0123456789abcdef");
  let left = 16;
  const write = () => {
    while (left-- > 0) if (!response.write(block)) return void response.once("drain", write);
    response.end("the end");
  };
  write();
});

// Each part follows when the one before has been seen.
app.get("/stream", async (request, response) => {
  response.type("html").write("<!doctype html><p>first</p>");
  await gate(request.query.gate);
  response.end("<p>last</p>");
});
app.get("/events", async (request, response) => {
  response.set({ "content-type": "text/event-stream", "cache-control": "no-cache" }).flushHeaders();
  for (let i = 1; i <= 3; i++) {
    response.write(`id: ${i}\ndata: {"n":${i}}\n\n`);
    await gate(`${request.query.gate}-${i}`);
  }
  response.end();
});

app.get("/error", () => {
  throw new Error("as happens");
});

// A page with slots, and its parts.
app.get("/shop", compression({ threshold: 0 }), (_request, response) => {
  response.set({ "cache-control": "public, max-age=600", "inlay-slots": "edge-slot" });
  response.send(`<!doctype html>
<html lang="en"><head><title>Shop</title></head>
<body><h1>Shop</h1>
<edge-slot name="offers" src="/parts/offers"><p>…</p></edge-slot>
<edge-slot name="news" src="/parts/news"><p>…</p></edge-slot>
<footer>The end</footer></body></html>
`);
});
app.get("/parts/:name", async ({ params: { name }, query }, response) => {
  if (query.gate !== undefined) await gate(query.gate);
  if (name === "offers") await gate("offers");
  response.set("cache-control", "public, max-age=600").send(`<p>${name} of Express</p>`);
});

const server = createServer(app);
const sockets = new WebSocketServer({ server, path: "/socket" });
sockets.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(binary ? data : `you said ${data}`)));
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
