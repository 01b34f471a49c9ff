// @ts-check
// The picture of how pages were answered: their shares over time as stacked bars, and below how many they were.

/** @typedef {{ at: number, span: number, warm: number, stale: number, cold: number, failed: number, fills: number, saved_fills: number, saved_ms: number, saved_bytes: number }} Bucket  at: its end; both in milliseconds */

/** What a page was, from the bottom up. */
const ways = /** @type {const} */ (["warm", "stale", "cold", "failed"]);

/** What each means. */
const meanings = { warm: "warm: all fragments fresh", stale: "stale: shown while fetched again", cold: "cold: waited for a fill", failed: "failed: not shown" };

/** @param {Bucket} b */
const pagesIn = (b) => b.warm + b.stale + b.cold + b.failed;

/** A picture shows no less than this, in milliseconds. */
const shortest = 300_000;

const picture = {
  /** @type {Bucket[]} */
  buckets: [],
  /** The one that is read out; −1: none. */
  chosen: -1,
  from: 0,
  until: 0,
};

/**
 * Samples as buckets that are wide enough to be seen.
 * @param {any[]} samples @param {number} every seconds @param {number} now @param {number} width of the picture in pixels
 */
function bucketsOf(samples, every, now, width) {
  const all = samples.map((s) => ({ ...s, at: typeof s.at === "number" ? s.at : Date.parse(s.at) })).filter((s) => Number.isFinite(s.at));
  const until = Math.max(now, ...all.map((s) => s.at));
  const oldest = Math.min(until, ...all.map((s) => s.at - every * 1000));
  const from = Math.min(oldest, until - shortest);
  const least = every * 1000;
  const wide = Math.max(1, Math.ceil(((until - from) * 4) / width / least)) * least;
  /** @type {Map<number, Bucket>} */
  const made = new Map();
  for (const s of all) {
    const end = Math.ceil(s.at / wide) * wide;
    const b = made.get(end) ?? { at: end, span: wide, warm: 0, stale: 0, cold: 0, failed: 0, fills: 0, saved_fills: 0, saved_ms: 0, saved_bytes: 0 };
    for (const name of /** @type {const} */ ([...ways, "fills", "saved_fills", "saved_ms", "saved_bytes"])) b[name] += Number(s[name]) || 0;
    made.set(end, b);
  }
  return { buckets: [...made.values()].sort((a, b) => a.at - b.at), from, until: Math.max(until, ...made.keys()) };
}

/** @param {Bucket} b */
function told(b) {
  const n = pagesIn(b);
  const parts = ways.map((way) => `${share(b[way], n)} ${way}`).join(", ");
  return `${clock(b.at - b.span)} to ${clock(b.at)}: ${counted(n, "page")}${n > 0 ? ` (${parts})` : ""}; ${counted(b.fills, "fill")}, ${count(b.saved_fills)} saved`;
}

/** @param {any} history what /_inlay/history says */
function showPicture(history) {
  const plot = at("plot");
  const width = Math.max(260, plot.clientWidth);
  const chosenAt = picture.buckets[picture.chosen]?.at;
  Object.assign(picture, bucketsOf(history.samples ?? [], history.every ?? 10, Date.now(), width - 50));
  picture.chosen = picture.buckets.findIndex((b) => b.at === chosenAt);
  drawPicture(width, plot.clientHeight);
  const rows = picture.buckets.slice(-30).reverse().map((b) =>
    make("tr", {}, make("th", { scope: "row" }, clock(b.at)), ...[pagesIn(b), ...ways.map((w) => b[w]), b.fills, b.saved_fills].map((n) => make("td", { class: "n" }, count(n)))));
  const head = make("tr", {}, ...["Until", "Pages", "Warm", "Stale", "Cold", "Failed", "Fills", "Fills saved"].map((h, i) => make("th", { scope: "col", class: i > 0 ? "n" : "" }, h)));
  at("plot-table").replaceChildren(make("table", { class: "plain" }, make("thead", {}, head), make("tbody", {}, ...rows)));
}

/** @param {number} t @param {number} span of the picture, in milliseconds */
function tickOf(t, span) {
  const date = new Date(t);
  if (span > 100_000_000) return date.toLocaleDateString("en-CA").slice(5);
  return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...(span < 900_000 ? { second: "2-digit" } : {}) });
}

/** @param {number} width @param {number} height in pixels */
function drawPicture(width, height) {
  const { buckets, from, until } = picture;
  if (height === 0 || until === from) return; // it is not shown, or nothing has come yet
  const left = 44, right = width - 6, top = 8, base = height - 68, floor = height - 20;
  const x = (/** @type {number} */ t) => left + ((t - from) / (until - from)) * (right - left);
  const children = [draw("rect", { class: "back", x: left, y: top, width: right - left, height: base - top })];
  for (const percent of [0, 50, 100]) {
    const y = Math.round(base - (percent / 100) * (base - top)) + 0.5;
    children.push(draw("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }), draw("text", { x: left - 5, y: y + 4, "text-anchor": "end" }, `${percent}%`));
  }
  const most = Math.max(1, ...buckets.map(pagesIn));
  const bars = draw("g", { class: "bars" });
  for (const b of buckets) {
    const n = pagesIn(b);
    const x1 = Math.max(left, x(b.at - b.span)), wide = Math.max(1, x(b.at) - x1 - (x(b.at) - x1 > 3 ? 0.5 : 0));
    let y = base;
    for (const way of ways) {
      if (b[way] === 0) continue;
      const high = Math.max(way === "warm" ? 0 : 1, (b[way] / n) * (base - top));
      y = Math.max(top, y - high);
      bars.append(draw("rect", { class: way, x: x1.toFixed(2), y: y.toFixed(2), width: wide.toFixed(2), height: high.toFixed(2) }));
    }
    if (n > 0) bars.append(draw("rect", { class: "volume", x: x1.toFixed(2), y: (floor - Math.max(1, (n / most) * 24)).toFixed(2), width: wide.toFixed(2), height: Math.max(1, (n / most) * 24).toFixed(2) }));
  }
  children.push(bars, draw("line", { class: "grid", x1: left, x2: right, y1: floor + 0.5, y2: floor + 0.5 }));
  children.push(draw("text", { x: left - 5, y: floor, "text-anchor": "end" }, "pages"));
  if (buckets.length > 0) children.push(draw("text", { x: right, y: base + 13, "text-anchor": "end" }, `at most ${short.format((most * 1000) / buckets[0].span)} pages/s`));
  const ticks = Math.max(2, Math.floor((right - left) / 110));
  for (let i = 0; i <= ticks; i++) {
    const t = from + ((until - from) * i) / ticks;
    children.push(draw("text", { x: x(t).toFixed(1), y: height - 5, "text-anchor": i === 0 ? "start" : i === ticks ? "end" : "middle" }, tickOf(t, until - from)));
  }
  if (buckets.length === 0) children.push(draw("text", { x: (left + right) / 2, y: (top + base) / 2, "text-anchor": "middle" }, "No pages yet, or none since this began to count."));
  const chosen = buckets[picture.chosen];
  if (chosen !== undefined) {
    const middle = Math.round((Math.max(left, x(chosen.at - chosen.span)) + x(chosen.at)) / 2) + 0.5;
    children.push(draw("line", { class: "cursor", x1: middle, x2: middle, y1: top, y2: floor }));
  }
  at("plot").replaceChildren(draw("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...children));
  const text = chosen === undefined ? "" : told(chosen);
  if (at("plot-read").textContent !== text) at("plot-read").textContent = text;
}

/** @param {number} i the bucket that is read out */
function choose(i) {
  picture.chosen = Math.max(-1, Math.min(picture.buckets.length - 1, i));
  drawPicture(Math.max(260, at("plot").clientWidth), at("plot").clientHeight);
}

function startPicture() {
  const plot = at("plot");
  at("legend").append(...ways.map((way) => make("li", { title: meanings[way] }, draw("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, draw("rect", { class: way, width: 10, height: 10 })), way)));
  plot.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const { left, width } = plot.getBoundingClientRect();
    const t = picture.from + ((event.clientX - left - 44) / Math.max(1, width - 50)) * (picture.until - picture.from);
    choose(picture.buckets.findIndex((b) => t > b.at - b.span && t <= b.at));
  });
  plot.addEventListener("pointerleave", () => choose(-1));
  plot.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const last = picture.buckets.length - 1;
    const to = { ArrowLeft: picture.chosen < 0 ? last : Math.max(0, picture.chosen - 1), ArrowRight: picture.chosen + 1, Home: 0, End: last, Escape: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  });
  new ResizeObserver(() => drawPicture(Math.max(260, plot.clientWidth), plot.clientHeight)).observe(plot);
}
