// @ts-check
// What /_inlay/stats and /_inlay/metrics say, which no core has to be able to. internal/admin/figures.go makes the same natively:
// internal/admin/testdata/figures holds both to the same bytes.

/** Each figure, in the order in which the core counts them, with what it counts. */
const figures = `
warm_pages_total Pages answered from one composed body, all fragments fresh.
pages_total Pages that were not warm.
whole_pages_total Pages that left as one body once their fragments were there.
streamed_pages_total Pages whose shell left before their fragments were there.
failed_pages_total Pages answered with an error because a required slot failed.
left_total Pages whose client went away before the end.
passed_total Requests that no page answers, given to the origin.
bad_requests_total Requests answered with 400.
fills_total Attempts of fills begun.
fills_taken_over_total Attempts that a waiting request began because a fill was lost.
fills_early_total Fills begun while their fragment was still fresh.
fills_failed_total Fills that failed.
fills_late_total Reports of attempts whose fill had been settled by another.
polls_total Times that the purge log was asked.
polls_failed_total Those of them that brought no answer.
held_total Requests that waited for the purge log.
found_data_center_total Fragments found in the data centre's cache.
found_kv_total Fragments found in KV.
found_refused_total Fragments found there that could not be used.
fragments_unstored_total Fragments that were delivered but not stored.
core_crashes_total Times that the engine was replaced after a crash; the other counters began anew then.
waiting Pages in progress.
flights Fills in progress.
cache_gets_total Lookups in the cache.
cache_hits_total Lookups that found a fresh entry.
cache_stale_hits_total Lookups that found a stale entry.
cache_misses_total Lookups that found nothing usable.
cache_evictions_total Entries evicted to stay within the budget.
cache_entries Entries in the cache.
cache_bytes Bytes of the budget that are in use.
slots_total Requests for one slot at its own URL.
stale_pages_total Pages that showed a stale fragment and waited for none.
cold_pages_total Pages that waited for a fragment, or went without one.
saved_fills_total Fills that were not made, as their fragment was there.
saved_milliseconds_total How long those fills would have taken, by how long that of each fragment took.
saved_bytes_total Bytes of those fragments.
`.trim().split("\n").map((line) => {
  const end = line.indexOf(" ");
  return { name: line.slice(0, end), help: line.slice(end + 1) };
});

/** Their names. */
export const figureNames = figures.map(({ name }) => name);

/** How many there are. */
export const figuresCount = figures.length;

/** @param {ArrayLike<bigint>} values @param {string} problems those with bindings, as JSON; "" if there are none */
export const figuresText = (values, problems) =>
  `{${figures.map(({ name }, i) => `"${name}":${values[i]}`).join(",")}${problems && `,"problems":${problems}`}}\n`;

/** For Prometheus, whose unit of time is the second. @param {ArrayLike<bigint>} values */
export const prometheusText = (values) => figures.map(({ name, help }, i) => {
  const inSeconds = `inlay_${name.replace(/_milliseconds_total$/, "_seconds_total")}`;
  const value = inSeconds === `inlay_${name}` ? String(values[i]) : thousandths(values[i]);
  return `# HELP ${inSeconds} ${help}\n# TYPE ${inSeconds} ${name.endsWith("_total") ? "counter" : "gauge"}\n${inSeconds} ${value}\n`;
}).join("");

/** @param {bigint} n */
const thousandths = (n) => `${n < 0n ? "-" : ""}${String(n < 0n ? -n : n).padStart(4, "0").replace(/(\d{3})$/, ".$1")}`;
