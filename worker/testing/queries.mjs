// Runs the queries of docs/operating.md over points that were written to INLAY_ANALYTICS: node queries.mjs docs/operating.md <points.json.
// SQLite reads most of them as the platform's ClickHouse does; what is only ClickHouse's is put otherwise here, or is a function of ours.
// So this shows that a query asks for the right columns and adds up what it should, and not that the platform takes its syntax.

import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

const points = JSON.parse(readFileSync(0, "utf8"));
const db = new DatabaseSync(":memory:");
const blobs = Array.from({ length: 20 }, (_, i) => `blob${i + 1}`);
const doubles = Array.from({ length: 20 }, (_, i) => `double${i + 1}`);
db.exec(`CREATE TABLE inlay (timestamp REAL, _sample_interval REAL, index1 TEXT, ${blobs.map((b) => `${b} TEXT`)}, ${doubles.map((d) => `${d} REAL`)})`);
const insert = db.prepare(`INSERT INTO inlay VALUES (${Array(43).fill("?")})`);
const filled = (list, size, rest) => [...list, ...Array(size - list.length).fill(rest)];
for (const { indexes, blobs, doubles, _sample_interval = 1 } of points) {
  insert.run(Date.now() / 1000, _sample_interval, indexes[0], ...filled(blobs, 20, ""), ...filled(doubles, 20, 0));
}

db.function("toUInt32", (x) => Math.trunc(x));
// As ClickHouse's: each value counts as often as it weighs.
db.aggregate("quantile", {
  start: () => [],
  step: (all, level, value, weight) => {
    if (!Number.isInteger(weight)) throw new Error("a weight has to be an unsigned integer");
    return [...all, [level, value, weight]];
  },
  result: (all) => {
    const sorted = all.toSorted(([, a], [, b]) => a - b);
    const limit = sorted.reduce((sum, [, , weight]) => sum + weight, 0) * (sorted[0]?.[0] ?? 0);
    let sum = 0;
    for (const [, value, weight] of sorted) if ((sum += weight) >= limit) return value;
    return null;
  },
});

const text = readFileSync(process.argv[2], "utf8");
const queries = [...text.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, sql]) => sql);
const results = queries.map((sql) => {
  const read = sql
    .replace(/quantileExactWeighted\(([0-9.]+)\)\(/g, "quantile($1, ")
    .replace(/\bIF\(/gi, "iif(")
    .replace(/NOW\(\) - INTERVAL '(\d+)' (DAY|HOUR)/g, (_, n, unit) => String(Date.now() / 1000 - n * (unit === "DAY" ? 86400 : 3600)))
    .replace(/toStartOfInterval\(timestamp, INTERVAL '(\d+)' MINUTE\)/g, (_, n) => `CAST(timestamp / ${n * 60} AS INTEGER) * ${n * 60}`);
  return db.prepare(read).all();
});
console.log(JSON.stringify(results));
