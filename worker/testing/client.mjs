// Requests to a Core under Node, and the answers to their fills.

import { figuresText } from "../figures.mjs";

/** A request's exchange that only notes what the engine asks. */
export class Client {
  constructor(fields = {}) {
    this.request = { url: "https://site.example/", headers: new Headers({ "sec-fetch-dest": "document", ...fields }) };
    this.crashes = 0;
    this.late = 0;
    this.fills = [];
    this.written = [];
    this.watched = [];
  }
  exchange() { return this; }
  send(head, body) {
    this.head = head.init;
    this.body = body;
    this.finished = true;
  }
  respond(head) { this.head = head.init; }
  write(bytes) { this.written.push(bytes); }
  finish() { this.finished = true; }
  pass() { this.passed = true; }
  admin() { this.administers = true; }
  wait(until) { [this.until, this.late] = [until, 0]; }
  watch(fill) { this.watched.push(fill); }
  wake() { this.woken = true; }
}

export function get(core, target, fields, request) {
  const client = new Client(fields);
  if (request !== undefined) client.request = request;
  core.handle(client, 0, target, 0);
  return client;
}

const encoder = new TextEncoder();

export const answer = (text, headers = {}) => ({ status: 200, headers: { "content-type": "text/html", ...headers }, body: encoder.encode(text) });

/** Asks for a page and answers its fills with what text says for a src. */
export function load(core, target, text = (src) => (src.includes("/title/") ? `<title>[${src}]</title>` : `<p>[${src}]</p>`)) {
  const client = get(core, target);
  for (const fill of client.fills) core.fillEnd(fill, answer(text(fill.src)));
  if (client.woken) core.resume(client);
  core.waiting.delete(client.id);
  return client;
}

export const token = "0123456789abcdef0123456789abcdef";

/** The counters of a core. */
export function stats(core) {
  return JSON.parse(figuresText(core.figures(), ""));
}
