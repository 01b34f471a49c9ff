// @ts-check
// Purging and invalidating: first what would go, then, once that was confirmed, the thing itself.

/** A request's target is no longer than this, in characters; more subjects go in several. */
const longestQuery = 6000;

/** @param {[string, string][]} subjects @returns {string[]} queries that name all of them */
function queriesOf(subjects) {
  /** @type {[string, string][][]} */
  const all = [[]];
  let size = 0;
  for (const subject of subjects) {
    const length = queryOf([subject]).length + 1;
    if (size + length > longestQuery && size > 0) {
      all.push([]);
      size = 0;
    }
    all[all.length - 1].push(subject);
    size += length;
  }
  return all.map(queryOf);
}

/** @param {[string, string][]} subjects */
function named(subjects) {
  const [[kind, text]] = subjects;
  if (kind === "all") return "everything";
  return subjects.length > 1 ? counted(subjects.length, kind) : `the ${kind} ${visible(text)}`;
}

/**
 * Shows what would go and asks whether it shall.
 * @param {boolean} soft to invalidate @param {[string, string][]} subjects names and values of the query
 */
async function preview(soft, subjects) {
  const name = soft ? "invalidate" : "purge";
  const queries = queriesOf(subjects);
  at("purge-trouble").hidden = at("trouble").hidden = true;
  const sum = { entries: 0, bytes: 0, keys: /** @type {string[]} */ ([]) };
  try {
    for (const query of queries) {
      const answer = await ask(`${name}?${query}&preview=1`, "POST");
      sum.entries += answer.entries;
      sum.bytes += answer.bytes;
      sum.keys.push(...answer.keys);
    }
  } catch (error) {
    const { kind, message } = troubleOf(error);
    if (kind === "bad") tell(at(view === "purge" ? "purge-trouble" : "trouble"), `Nothing was changed: ${message}`);
    else failed(error);
    return;
  }
  const what = soft ? "Invalidate" : "Purge";
  at("sure-head").textContent = `${what} ${named(subjects)}?`;
  const most = queries.length > 1 ? "at most " : "";
  const here = reach === "process" ? "in this process" : "in the isolate that has answered";
  at("sure-text").textContent = sum.entries === 0 ? `Nothing ${here} is like that now. With a purge log it goes to all others all the same, and what is being filled is not kept.`
    : `${most}${counted(sum.entries, "entry", "entries")} ${here}, ${bytes(sum.bytes)}, ${soft ? "would lose what is left of their freshness." : "would go."}`;
  const keys = sum.keys.map((key) => make("li", { class: "key" }, visible(key)));
  if (sum.keys.length < sum.entries) keys.push(make("li", {}, `and ${counted(sum.entries - sum.keys.length, "more", "more")}`));
  at("sure-keys").replaceChildren(make("ul", {}, ...keys));
  at("sure-keys").hidden = keys.length === 0;
  const all = subjects[0][0] === "all";
  at("sure-all").hidden = !all;
  at("sure-box").checked = false;
  const yes = at("sure-yes");
  yes.textContent = sum.entries > 0 ? `${what} ${counted(sum.entries, "entry", "entries")}` : `${what} nevertheless`;
  yes.disabled = all;
  at("sure-box").onchange = () => (yes.disabled = !at("sure-box").checked);
  at("sure-trouble").hidden = true;
  yes.onclick = () => change(soft, subjects, queries);
  at("sure").showModal();
  at("sure-no").focus(); // Enter does no harm
}

/** @param {boolean} soft @param {[string, string][]} subjects @param {string[]} queries */
async function change(soft, subjects, queries) {
  const name = soft ? "invalidate" : "purge";
  const yes = at("sure-yes");
  yes.disabled = true;
  let n = 0, where = "";
  try {
    for (const query of queries) {
      const answer = await ask(`${name}?${query}`, "POST");
      n += answer[soft ? "invalidated" : "purged"];
      if (answer.isolates !== undefined) where = `; in all others ${answer.isolates}, as number ${answer.log} of the purge log`;
    }
  } catch (error) {
    const { kind, message } = troubleOf(error);
    if (kind === "token") {
      at("sure").close();
      failed(error);
    } else {
      tell(at("sure-trouble"), `${kind === "bad" ? "Nothing was changed" : "It is not known whether that was done; to do it again does no harm"}: ${message}`);
      yes.disabled = false;
    }
    return;
  }
  at("sure").close();
  if (subjects.some(([kind]) => kind === "key")) table.picked.clear();
  const text = `${soft ? "Invalidated" : "Purged"} ${named(subjects)}: ${counted(n, "entry", "entries")}${where || (reach === "process" ? " in this process" : " in one isolate")}.`;
  at("done-list").prepend(make("li", {}, make("time", {}, clock(Date.now())), ` ${text}`));
  at("done").hidden = false;
  notice(text);
  refresh();
}

function startPurge() {
  const form = at("purge-form");
  const chosen = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.querySelector(`[name="${name}"]:checked`)).value;
  for (const [id, value] of [["purge-tags", "tag"], ["purge-key", "key"]]) {
    at(id).addEventListener("focus", () => (/** @type {HTMLInputElement} */ (form.querySelector(`[value="${value}"]`)).checked = true));
  }
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const kind = chosen("with");
    /** @type {[string, string][]} */
    const subjects = kind === "all" ? [["all", "1"]]
      : (kind === "key" ? [at("purge-key").value.replace(/\n+$/, "")] : at("purge-tags").value.split("\n").map((/** @type {string} */ line) => line.trim()))
        .filter((/** @type {string} */ text) => text !== "").map((/** @type {string} */ text) => [kind, text]);
    if (subjects.length === 0) {
      tell(at("purge-trouble"), kind === "key" ? "Which key? There is none in the field." : "Which tags? There are none in the field.");
      at(kind === "key" ? "purge-key" : "purge-tags").focus();
      return;
    }
    preview(chosen("do") === "invalidate", subjects);
  });
}
