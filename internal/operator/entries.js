// @ts-check
// The table of what is held: found by key or tag, sorted, in pages. Where it stands is in the URL behind #, the token never.

/** @typedef {{ key: string, kind: string, state: string, age: number | null, left: number | null, swr: number | null, sie: number | null, tags: string[] | null, bytes: number, charged: number, hits: number, took: number | null, from: string, reason?: string, text?: string }} Entry */

/** What the table can be sorted by, with the order that is wanted first. */
const sorts = { key: "asc", bytes: "desc", hits: "desc", age: "desc", left: "asc", took: "desc" };

/** @type {{ name: string, sort: keyof typeof sorts | "", class: string }[]} */
const columns = [
  { name: "Key", sort: "key", class: "" }, { name: "State", sort: "", class: "" }, { name: "Left", sort: "left", class: "n" },
  { name: "Age", sort: "age", class: "n" }, { name: "Bytes", sort: "bytes", class: "n" }, { name: "Hits", sort: "hits", class: "n" },
  { name: "Fill took", sort: "took", class: "n" }, { name: "Tags", sort: "", class: "" },
];

const table = {
  by: "q", what: "", kind: "", sort: /** @type {keyof typeof sorts} */ ("bytes"), order: "desc", offset: 0, limit: 100,
  /** The answer that is shown. @type {any} */
  shown: null,
  /** Keys that are chosen; they stay so while the table goes on. @type {Set<string>} */
  picked: new Set(),
};

/** Takes where the table stands from what is behind # in the URL. @param {URLSearchParams} from */
function standAt(from) {
  const one = ["tag", "key", "q"].find((name) => from.has(name)) ?? "q";
  table.by = one;
  table.what = from.get(one) ?? "";
  table.kind = ["fragment", "page", "failure"].find((k) => k === from.get("kind")) ?? "";
  const sort = /** @type {keyof typeof sorts} */ (from.get("sort"));
  table.sort = Object.hasOwn(sorts, sort) ? sort : "bytes";
  table.order = ["asc", "desc"].find((o) => o === from.get("order")) ?? sorts[table.sort];
  table.offset = Math.max(0, Math.floor(Number(from.get("offset"))) || 0);
  table.limit = [25, 50, 100, 500].find((n) => n === Number(from.get("limit"))) ?? 100;
  [at("by").value, at("what").value, at("kind").value, at("limit").value] = [table.by, table.what, table.kind, String(table.limit)];
  at("sort").value = `${table.sort} ${table.order}`;
}

/** Where the table stands, for the URL. */
function standing() {
  const query = queryOf([
    [table.by, table.what], ["kind", table.kind], ["sort", table.sort === "bytes" ? "" : table.sort],
    ["order", table.order === sorts[table.sort] ? "" : table.order], ["offset", table.offset > 0 ? String(table.offset) : ""],
    ["limit", table.limit === 100 ? "" : String(table.limit)],
  ]);
  return `#entries${query && "?"}${query}`;
}

/** Goes on to another place of the table. @param {Partial<typeof table>} change @param {boolean} [back] whether Back leads to where it was */
function go(change, back = true) {
  Object.assign(table, change);
  const to = standing();
  if (to === (location.hash || "#entries")) refresh();
  else if (back) location.hash = to;
  else {
    history.replaceState(null, "", to);
    refresh();
  }
}

async function loadEntries() {
  const query = queryOf([
    [table.by, table.what], ["kind", table.kind], ["sort", table.sort], ["order", table.order],
    ["limit", String(table.limit)], ["offset", String(table.offset)],
  ]);
  const answer = await ask(`entries?${query}`);
  if (answer.entries.length === 0 && table.offset > 0 && answer.matched <= table.offset) { // fewer than there were
    table.offset = Math.max(0, Math.ceil(answer.matched / table.limit) - 1) * table.limit;
    history.replaceState(null, "", standing());
    return loadEntries();
  }
  return answer;
}

/** @param {any} answer */
function showEntries(answer) {
  table.shown = answer;
  const { total, matched, entries } = answer;
  const all = table.what === "" && table.kind === "";
  tell(at("matched"), all ? `${counted(total, "entry", "entries")}, ${bytes(answer.bytes)}` : `${count(matched)} of ${counted(total, "entry", "entries")}, ${bytes(answer.bytes)}`);
  showSort();
  keepingFocus(at("entries-body"), () => at("entries-body").replaceChildren(...entries.map(entryRow)));
  tell(at("entries-empty"), entries.length > 0 ? "" : total === 0 ? "Nothing is held." : "Nothing held is like that.");
  at("entries-table").hidden = entries.length === 0;
  const first = table.offset + 1, last = table.offset + entries.length;
  at("where").textContent = entries.length === 0 ? "" : `${count(first)} to ${count(last)} of ${count(matched)}`;
  at("first").disabled = at("back").disabled = table.offset === 0;
  at("next").disabled = at("last").disabled = last >= matched;
  showPicked();
}

function showSort() {
  for (const th of at("entries-head").children) {
    const { sort } = th.dataset;
    if (!sort) continue;
    if (sort === table.sort) th.setAttribute("aria-sort", table.order === "asc" ? "ascending" : "descending");
    else th.removeAttribute("aria-sort");
  }
}

/** @param {Entry} e */
function entryRow(e) {
  const pick = make("input", { type: "checkbox", "aria-label": `Choose ${visible(e.key)}`, "data-focus": "pick", onchange: (event) => choosing(e.key, event.target) });
  /** @type {HTMLInputElement} */ (pick).checked = table.picked.has(e.key);
  const cell = (/** @type {string} */ name, /** @type {string} */ text) => make("td", { class: "n", "data-name": name }, text);
  const tags = e.tags ?? [];
  return make("tr", { "data-key": e.key, class: table.picked.has(e.key) ? "picked" : "" },
    make("td", { class: "pick" }, pick),
    make("td", { class: "key" }, make("button", { type: "button", class: "link", "data-focus": "key", "aria-haspopup": "dialog", onclick: () => showDetail(e) }, keyed(e.key))),
    make("td", { class: "state", "data-name": "State" }, stateOf(e)),
    cell("Left", leftOf(e)), cell("Age", span(e.age)), cell("Bytes", bytes(e.bytes)), cell("Hits", count(e.hits)), cell("Fill took", millis(e.took)),
    make("td", { class: tags.length > 0 ? "" : "none", "data-name": "Tags" }, make("span", { class: "tags" }, ...tags.slice(0, 3).map(tagButton),
      tags.length > 3 ? make("span", { class: "note" }, `+${tags.length - 3}`) : null)));
}

/** What remains of an entry's freshness, and past that of its swr. @param {Entry} e */
function leftOf(e) {
  return e.left == null ? "–" : e.left >= 0 && e.state === "fresh" ? span(e.left) : e.left < 0 ? `${span(-e.left)} over` : span(e.left);
}

/** @param {Entry} e */
function stateOf(e) {
  const failure = e.kind === "failure";
  const way = failure ? "failed" : e.state === "fresh" ? "warm" : e.state === "stale" ? "stale" : "cold";
  return make("span", {}, draw("svg", { class: "dot", viewBox: "0 0 10 10", "aria-hidden": "true" }, draw("circle", { class: way, cx: 5, cy: 5, r: 5 })),
    failure ? "failure" : `${e.state}${e.kind === "page" ? " page" : ""}`);
}

/** @param {string} tag */
function tagButton(tag) {
  return make("button", { type: "button", class: "tag", title: visible(tag), "data-focus": `tag ${tag}`, "aria-label": `Find what carries the tag ${visible(tag)}`, onclick: () => {
    at("detail").close();
    go({ by: "tag", what: tag, offset: 0 });
  } }, make("bdi", {}, visible(tag)));
}

/** @param {string} key @param {HTMLInputElement} box */
function choosing(key, box) {
  if (box.checked) table.picked.add(key);
  else table.picked.delete(key);
  box.closest("tr")?.classList.toggle("picked", box.checked);
  showPicked();
}

function showPicked() {
  const n = table.picked.size;
  for (const [id, word] of [["purge-picked", "Purge"], ["invalidate-picked", "Invalidate"]]) {
    const tag = table.by === "tag" && table.what !== "" && n === 0;
    at(id).disabled = n === 0 && !tag;
    at(id).textContent = n > 0 ? `${word} ${n} chosen…` : tag ? `${word} the tag…` : `${word}…`;
  }
  const all = table.shown?.entries ?? [];
  const here = all.filter((/** @type {Entry} */ e) => table.picked.has(e.key)).length;
  const box = at("pick-all");
  box.checked = here > 0 && here === all.length;
  box.indeterminate = here > 0 && here < all.length;
}

/** What the buttons above the table are about. @returns {[string, string][]} */
const pickedSubjects = () => (table.picked.size > 0 ? [...table.picked].map((key) => ["key", key]) : [["tag", table.what]]);

/** @param {Entry} e */
function showDetail(e) {
  at("detail-key").replaceChildren(...e.key.split("\n").flatMap((line, i) => [i > 0 ? make("br") : null, visible(line)]).filter((n) => n !== null));
  /** @type {[string, Node | string | null][]} */
  const rows = [
    ["State", stateOf(e)], ["Age", span(e.age)], ["Fresh for", leftOf(e)], ["Stale while refetched", span(e.swr)], ["Stale if errors", span(e.sie)],
    ["Bytes", `${count(e.bytes)}, charged ${count(e.charged)}`], ["Hits", count(e.hits)], ["Its fill took", millis(e.took)], ["Came from", visible(e.from ?? "") || "–"],
    ["Reason", e.reason ? visible(e.reason) : null], ["Said", e.text ? visible(e.text) : null],
    ["Tags", (e.tags ?? []).length > 0 ? make("span", { class: "tags" }, .../** @type {string[]} */ (e.tags).map(tagButton)) : "none"],
  ];
  at("detail-list").replaceChildren(...rows.flatMap(([name, value]) => (value === null ? [] : [make("dt", {}, name), make("dd", {}, value)])));
  const soft = (/** @type {boolean} */ soft) => () => {
    at("detail").close();
    preview(soft, [["key", e.key]]);
  };
  at("detail-purge").onclick = soft(false);
  at("detail-invalidate").onclick = soft(true);
  at("detail").showModal();
  at("detail-close").focus();
}

/**
 * Renders a table's rows anew and leaves the focus where it was, in the same row's same control.
 * @param {HTMLElement} body @param {() => void} render
 */
function keepingFocus(body, render) {
  const focused = /** @type {HTMLElement | null} */ (body.contains(document.activeElement) ? document.activeElement : null);
  const row = focused?.closest("tr")?.dataset.key, control = focused?.dataset.focus;
  render();
  if (row === undefined) return;
  for (const tr of body.children) {
    if (/** @type {HTMLElement} */ (tr).dataset.key !== row) continue;
    for (const same of tr.querySelectorAll("[data-focus]")) if (/** @type {HTMLElement} */ (same).dataset.focus === control) /** @type {HTMLElement} */ (same).focus({ preventScroll: true });
  }
}

function startEntries() {
  const all = make("input", { type: "checkbox", id: "pick-all", "aria-label": "Choose all of this page", onchange: (event) => {
    for (const e of table.shown?.entries ?? []) table.picked[event.target.checked ? "add" : "delete"](e.key);
    showEntries(table.shown);
  } });
  at("entries-head").append(make("td", { class: "pick" }, all));
  for (const { name, sort, class: c } of columns) {
    const sorting = () => sort !== "" && go({ sort, order: table.sort !== sort ? sorts[sort] : table.order === "asc" ? "desc" : "asc", offset: 0 });
    at("entries-head").append(make("th", { scope: "col", class: c, "data-sort": sort }, sort === "" ? name : make("button", { type: "button", onclick: sorting }, name)));
    if (sort === "") continue;
    for (const order of ["desc", "asc"]) at("sort").append(make("option", { value: `${sort} ${order}` }, `${name}, ${order === "asc" ? "least" : "most"} first`));
  }
  at("sort").addEventListener("change", () => {
    const [sort, order] = at("sort").value.split(" ");
    go({ sort, order, offset: 0 });
  });
  const search = () => go({ by: at("by").value, what: at("what").value, kind: at("kind").value, limit: Number(at("limit").value), offset: 0 }, table.what !== at("what").value);
  at("search").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    search();
  });
  for (const id of ["kind", "limit"]) at(id).addEventListener("change", search);
  at("by").addEventListener("change", () => at("what").value !== "" && search());
  at("what").addEventListener("search", () => at("what").value === "" && table.what !== "" && search()); // its cross was pressed
  const turn = (/** @type {() => number} */ to) => () => {
    go({ offset: to() });
    at("entries-table").scrollIntoView({ block: "nearest" });
  };
  at("first").onclick = turn(() => 0);
  at("back").onclick = turn(() => Math.max(0, table.offset - table.limit));
  at("next").onclick = turn(() => table.offset + table.limit);
  at("last").onclick = turn(() => Math.max(0, Math.ceil(table.shown.matched / table.limit) - 1) * table.limit);
  at("purge-picked").onclick = () => preview(false, pickedSubjects());
  at("invalidate-picked").onclick = () => preview(true, pickedSubjects());
}
