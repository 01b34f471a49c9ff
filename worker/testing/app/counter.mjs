// A Durable Object that adds what it is sent to a number in its SQLite.

import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  async fetch(request) {
    const more = Number(await request.text());
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, n INTEGER)");
    sql.exec("INSERT INTO counter VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET n = n + excluded.n", more);
    return new Response(`counted ${sql.exec("SELECT n FROM counter").one().n}`);
  }
}
