// @ts-check
// The overview, flights and failures: what each asks for, and how it is shown.

/** @param {string} name @param {string} value @param {string} [more] @param {boolean} [bad] */
const tile = (name, value, more = "", bad = false) =>
  make("div", { class: bad ? "bad" : "" }, make("dt", {}, name), make("dd", { class: "value" }, value), more === "" ? null : make("dd", { class: "more" }, more));

/** How pages were answered since the site's counters began. @param {any} s */
function pagesOf(s) {
  const warm = s.warm_pages_total ?? 0, stale = s.stale_pages_total ?? 0, cold = s.cold_pages_total ?? 0, failed = s.failed_pages_total ?? 0;
  return { warm, stale, cold, failed, all: warm + stale + cold + failed };
}

async function loadOverview() {
  const [stats, history] = await Promise.all([ask("stats"), ask("history")]);
  return { stats, history };
}

/** @param {{ stats: any, history: any }} answer */
function showOverview({ stats: s, history }) {
  const p = pagesOf(s);
  const fills = s.fills_total ?? 0, fillsFailed = s.fills_failed_total ?? 0;
  at("tiles").replaceChildren(
    tile("Warm pages", share(p.warm, p.all), `of ${counted(p.all, "page")}`),
    tile("Stale", share(p.stale, p.all), counted(p.stale, "page")),
    tile("Cold", share(p.cold, p.all), counted(p.cold, "page")),
    tile("Failed", share(p.failed, p.all), counted(p.failed, "page"), p.failed * 100 >= p.all && p.failed > 0),
    tile("Fills", count(fills), fillsFailed > 0 ? `${count(fillsFailed)} failed, ${share(fillsFailed, fills)}` : "none failed", fillsFailed * 20 >= fills && fillsFailed > 0),
    tile("In progress", count(s.flights ?? 0), `${counted(s.flights ?? 0, "flight").replace(/^\S+ /, "")}; ${counted(s.waiting ?? 0, "page")} waiting`),
    tile("Held", count(s.cache_entries ?? 0), `entries, ${bytes(s.cache_bytes ?? 0)} of the budget`),
    tile("Evicted", count(s.cache_evictions_total ?? 0), "to stay within the budget"));
  at("saved").replaceChildren(
    tile("Fills not made", count(s.saved_fills_total ?? 0), `${share(s.saved_fills_total ?? 0, (s.saved_fills_total ?? 0) + fills)} of what pages needed`),
    tile("Origin time not spent", millis(s.saved_milliseconds_total ?? 0), "what these fills took when they were made"),
    tile("Bytes not fetched", bytes(s.saved_bytes_total ?? 0), "from the origin"));
  const problems = [...(Array.isArray(s.problems) ? s.problems.map(String) : [])];
  if ((s.core_crashes_total ?? 0) > 0) problems.push(`The engine was replaced ${counted(s.core_crashes_total, "time")} after a crash, and its cache with it; the log says why.`);
  at("problems").hidden = problems.length === 0;
  at("problems").replaceChildren(...problems.map((text) => make("li", {}, visible(text))));
  at("figures").replaceChildren(make("table", { class: "plain" }, make("tbody", {}, ...Object.entries(s).filter(([, v]) => typeof v === "number").map(([name, value]) =>
    make("tr", {}, make("th", { scope: "row", class: "mono" }, `inlay_${name}`), make("td", { class: "n" }, count(value)))))));
  showPicture(history);
  flightsCount(s.flights ?? 0);
}

/** @param {number} n */
function flightsCount(n) {
  tell(at("flights-count"), n > 0 ? count(n) : "");
}

const loadFlights = () => ask("flights");

/** @param {any} answer */
function showFlights({ flights }) {
  const cell = (/** @type {string} */ name, /** @type {string} */ text, number = false) => make("td", { class: number ? "n" : "", "data-name": name }, text);
  keepingFocus(at("flights-body"), () => at("flights-body").replaceChildren(...flights.map((/** @type {any} */ f) =>
    make("tr", { "data-key": f.key }, make("td", { class: "key" }, keyed(f.key)), cell("Page", visible(f.page ?? "") || "–"), cell("Slot", visible(f.slot ?? "") || "–"),
      cell("Running for", millis(f.age), true), cell("Waiting", count(f.waiting ?? 0), true), cell("Attempt", count(f.attempts ?? 1), true),
      cell("Where", f.looking ? "looks below" : "at the origin")))));
  const table = at("flights-body").closest("table");
  table.hidden = flights.length === 0;
  at("flights-empty").hidden = flights.length > 0;
  flightsCount(flights.length);
}

const loadFailures = () => ask("failures");

/** @param {any} answer */
function showFailures({ failures }) {
  at("failures-list").replaceChildren(...failures.map((/** @type {any} */ f) =>
    make("li", {},
      make("p", { class: "top" }, make("b", {}, visible(f.reason ?? "")), f.status ? `status ${f.status}` : null, make("time", { datetime: f.at }, clock(f.at)),
        make("span", { class: "note" }, [f.slot && `slot ${visible(f.slot)}`, f.page && `of ${visible(f.page)}`, f.took != null && `after ${millis(f.took)}`].filter(Boolean).join(", "))),
      make("p", { class: "key" }, keyed(f.key ?? "")), f.text ? make("p", {}, visible(f.text)) : null, f.remedy ? make("p", { class: "remedy" }, make("b", {}, "Do: "), visible(f.remedy)) : null)));
  at("failures-empty").hidden = failures.length > 0;
}

/** What each section asks for and shows, and how often while the page is live, in milliseconds. */
const views = {
  overview: { load: loadOverview, show: showOverview, every: 10_000 },
  entries: { load: loadEntries, show: showEntries, every: 10_000 },
  flights: { load: loadFlights, show: showFlights, every: 2000 },
  failures: { load: loadFailures, show: showFailures, every: 10_000 },
  purge: { load: loadFlights, show: (/** @type {any} */ { flights }) => flightsCount(flights.length), every: 30_000 },
};
