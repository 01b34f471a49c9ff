// @ts-check
// The page as a whole: in by the token, from section to section by what is behind # in the URL, and looking again.

/** @typedef {keyof typeof views} ViewName */

/** @type {ViewName} */
let view = "overview";

/** What an answer is about: process, or isolate; "" as long as nothing has answered. */
let reach = "";

/** Whether the page looks again by itself. */
let live = true;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Counts what is asked for, so that an answer that was overtaken is not shown. */
let asked = 0;

/** When the last answer came, in milliseconds; and of which section. */
let answered = 0;

/** Figures that only grow, as they were last: where one has fallen, who answers began anew. @type {Record<string, number>} */
let before = {};

/** @param {unknown} error @returns {Trouble} */
function troubleOf(error) {
  if (error instanceof Trouble) return error;
  console.error(error);
  return new Trouble("strange", "This page could not make sense of the site's answer: are both of one version?");
}

/** @param {string} text */
function notice(text) {
  tell(at("notice"), text);
}

/** @param {unknown} error */
function failed(error) {
  const { kind, message } = troubleOf(error);
  if (kind === "token") {
    leave("The site does not take this token any more.");
    return;
  }
  const old = answered > 0 ? ` What is shown is of ${clock(answered)}.` : "";
  const again = live && (kind === "reach" || kind === "busy") ? " It is tried again." : "";
  tell(at("trouble"), message + old + again);
  at("as-of").classList.add("old");
}

/** Looks again, at what is shown. */
async function refresh() {
  clearTimeout(timer);
  if (token === "") return;
  const mine = ++asked, { load, show, every } = views[view], which = view;
  let wait = every;
  at("main").setAttribute("aria-busy", "true");
  try {
    const answer = await load();
    if (mine !== asked) return;
    answered = Date.now();
    reached(answer.stats === undefined ? answer : { ...answer.stats, reach: answer.history.reach });
    /** @type {(answer: any) => void} */ (show)(answer);
    tell(at("trouble"), "");
    at("as-of").classList.remove("old");
    at("as-of").textContent = `as of ${clock(answered)}`;
  } catch (error) {
    if (mine !== asked) return;
    failed(error);
    wait = 5000;
  }
  at("main").setAttribute("aria-busy", "false");
  if (live && token !== "" && which === view) timer = setTimeout(() => (document.hidden ? undefined : refresh()), wait);
}

/** Notes who has answered: one of many, or another than before. @param {any} answer */
function reached(answer) {
  const falls = Object.keys(answer).some((name) => name.endsWith("_total") && answer[name] < (before[name] ?? 0));
  if (falls) {
    notice(answer.reach === "process" || reach === "process"
      ? `The site has begun anew since ${clock(Date.now())}: its cache was empty then, and its figures count from there.`
      : "Another isolate has answered than before, or this one has begun anew: its figures and entries are other ones.");
  }
  if ("fills_total" in answer) before = answer;
  if (typeof answer.reach !== "string" || answer.reach === reach) return;
  reach = answer.reach;
  at("reach").hidden = false;
  at("reach-word").textContent = reach === "process" ? "All of this is of one process." : "All of this is of one isolate of many.";
  at("reach-text").textContent = reach === "process"
    ? "Each process of a site has a cache of its own. Where several stand behind a balancer, another may answer the next time; what is purged goes to all of them if they share a purge log."
    : "On Workers each isolate has a cache of its own, and the platform chooses which one answers: another may the next time, with other figures and entries. What is purged goes to all of them if there is a purge log (INLAY_LOG), and else to this one. Figures of all isolates are what the Analytics Engine is for.";
}

/** Goes where the URL says. @param {boolean} [moved] whether somebody has, and the focus goes along */
function route(moved = true) {
  const [name, query = ""] = location.hash.slice(1).split("?", 2);
  const next = /** @type {ViewName} */ (Object.hasOwn(views, name) ? name : "overview");
  const other = next !== view;
  view = next;
  for (const section of document.querySelectorAll("section[id^=view-]")) /** @type {HTMLElement} */ (section).hidden = section.id !== `view-${view}`;
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.getAttribute("href") === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (view === "entries") standAt(new URLSearchParams(query));
  document.title = `${at(`h-${view}`).textContent} · inlay`;
  if (other) at("notice").hidden = true;
  if (moved && other) {
    at(`h-${view}`).focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  refresh();
}

/** @param {string} given */
async function enter(given) {
  token = given;
  const button = at("enter").querySelector("button");
  button.disabled = true;
  try {
    await ask("stats");
  } catch (error) {
    token = "";
    tell(at("refused"), troubleOf(error).message);
    at("token").focus();
    at("token").select();
    return;
  } finally {
    button.disabled = false;
  }
  at("token").value = "";
  tell(at("refused"), "");
  at("door").hidden = true;
  at("room").hidden = false;
  route(false);
  at(`h-${view}`).focus({ preventScroll: true });
}

/** Forgets the token and all that it has shown. @param {string} [why] */
function leave(why = "") {
  token = "";
  asked++;
  answered = 0;
  reach = "";
  before = {};
  clearTimeout(timer);
  for (const id of ["detail", "sure"]) at(id).close();
  for (const id of ["tiles", "saved", "figures", "plot", "plot-table", "entries-body", "flights-body", "failures-list", "done-list", "detail-list", "sure-keys", "problems"]) at(id).replaceChildren();
  for (const id of ["trouble", "notice", "reach", "done"]) at(id).hidden = true;
  picture.buckets = [];
  table.shown = null;
  table.picked.clear();
  at("room").hidden = true;
  at("door").hidden = false;
  document.title = "inlay";
  tell(at("refused"), why);
  at("token").focus();
}

for (const element of document.querySelectorAll("[data-host]")) element.textContent = location.host;
at("enter").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  const given = at("token").value.trim();
  if (/^[\x21-\x7e]+$/.test(given)) enter(given);
  else tell(at("refused"), given === "" ? "There is no token in the field." : "A token has no spaces, and only characters of ASCII.");
});
at("refresh").onclick = async () => {
  await refresh();
  say(at("trouble").hidden ? "Looked again." : "");
};
at("live").onclick = () => {
  live = !live;
  at("live").setAttribute("aria-pressed", String(live));
  if (live) refresh();
  else clearTimeout(timer);
};
at("leave").onclick = () => leave();
at("skip").onclick = (/** @type {Event} */ event) => {
  event.preventDefault(); // what is behind # is the section
  at("main").focus();
};
startPicture();
startEntries();
startPurge();
addEventListener("hashchange", () => token !== "" && route());
addEventListener("pagehide", () => leave()); // a browser may keep the page for its Back
document.addEventListener("visibilitychange", () => !document.hidden && live && refresh());
at("token").focus();
