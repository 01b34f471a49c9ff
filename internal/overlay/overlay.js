// What became of each slot of a page, shown on the page while the site is being written. It is no part of a site that is built.
//
// Nothing of the page is changed for it: all that is shown is in the shadow of one element behind <body>, which comes when the page
// has been loaded. Where a slot is, it finds out by reading the page's text a second time, with marks in it (place, below).
"use strict";
{
  const style = /* overlay.css */ "";
  const { visit } = document.currentScript.dataset;
  document.currentScript.remove(); // the page is to be as it is without
  const base = "/_inlay/dev/visit";
  const memory = "inlay-overlay"; // in sessionStorage: off, open, or nothing

  const words = {
    fresh: "fresh", stale: "stale", miss: "filled", joined: "joined", bypass: "not kept", failed: "failed", pending: "pending",
  };
  const meanings = {
    fresh: "It was in the cache, and fresh.",
    stale: "It was in the cache, and stale.",
    miss: "It was not in the cache: this page asked for it.",
    joined: "It was not in the cache: this page waited for a fill that another request had begun.",
    bypass: 'It is asked for each time and not kept (ttl="0").',
    failed: "There is no fragment: its fill failed.",
    pending: "Nothing of it had come when the page ended.",
  };

  const remembered = () => {
    try {
      return sessionStorage.getItem(memory) ?? "";
    } catch {
      return ""; // a sandboxed page has none
    }
  };
  const remember = (what) => {
    try {
      if (what === "") sessionStorage.removeItem(memory);
      else sessionStorage.setItem(memory, what);
    } catch {
      // it is forgotten
    }
  };

  const el = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className !== "") made.className = className;
    made.append(...children.filter((child) => child !== null));
    return made;
  };
  const button = (text, title, run, className = "") => {
    const made = el("button", className, text);
    made.type = "button";
    made.title = title;
    made.addEventListener("click", run);
    return made;
  };

  const millis = (n) => (n === null ? "–" : n < 10 ? `${Math.round(n * 10) / 10} ms` : n < 1000 ? `${Math.round(n)} ms` : `${(n / 1000).toFixed(2)} s`);
  const seconds = (n) => {
    if (n === null || n === undefined) return "–";
    const m = Math.max(0, n);
    return m < 120 ? `${Math.round(m)} s` : m < 7200 ? `${Math.round(m / 60)} min` : m < 172800 ? `${Math.round(m / 3600)} h` : `${Math.round(m / 86400)} d`;
  };
  const bytes = (n) => (n < 1024 ? `${n} B` : n < 1 << 20 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / (1 << 20)).toFixed(1)} MiB`);
  const sentence = ({ reason, text }) => `fill failed (${reason}): ${text}`;

  const ask = (path, method = "GET") => fetch(path, { method, headers: { "inlay-dev": "1" }, credentials: "same-origin" });

  /** The page's text with its marks, read by the browser's own parser. Unlike DOMParser, no policy of trusted types forbids this. */
  const marked = () => new Promise((resolve) => {
    const asked = new XMLHttpRequest();
    asked.open("GET", `${base}/page?id=${visit}`);
    asked.setRequestHeader("inlay-dev", "1");
    asked.responseType = "document";
    asked.onloadend = () => resolve(asked.status === 200 ? asked.response : null);
    asked.send();
  });

  // Where slots are.

  const isOurs = (node) => node.localName === "inlay-overlay" || node.localName === "inlay-dev";
  const elementsOf = (parent) => [...parent.children].filter((child) => !isOurs(child));
  const alike = (a, b) => (a.localName !== b.localName ? 0 : a.id === b.id && a.getAttribute("class") === b.getAttribute("class") ? 3 : 1);

  /** Pairs the elements of two lists, in their order, so that most are alike: scripts may have added some, or taken some away. */
  const paired = (from, to) => {
    if (from.length === to.length && from.every((one, i) => one.localName === to[i].localName)) return new Map(from.map((one, i) => [one, to[i]]));
    const pairs = new Map();
    let [start, end] = [0, 0];
    while (start < Math.min(from.length, to.length) && alike(from[start], to[start]) === 3) pairs.set(from[start], to[start++]);
    while (end < Math.min(from.length, to.length) - start && alike(from.at(-1 - end), to.at(-1 - end)) === 3) pairs.set(from.at(-1 - end), to.at(-1 - end++));
    const [a, b] = [from.slice(start, from.length - end), to.slice(start, to.length - end)];
    if (a.length * b.length > 1e6) return pairs;
    const best = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        const likeness = alike(a[i], b[j]);
        best[i][j] = Math.max(best[i + 1][j], best[i][j + 1], likeness > 0 ? likeness + best[i + 1][j + 1] : 0);
      }
    }
    for (let i = 0, j = 0; i < a.length && j < b.length;) {
      const likeness = alike(a[i], b[j]);
      if (likeness > 0 && best[i][j] === likeness + best[i + 1][j + 1]) pairs.set(a[i++], b[j++]);
      else if (best[i][j] === best[i + 1][j]) i++;
      else j++;
    }
    return pairs;
  };

  /** A range of the page for each number that has marks in read, if that part of the page is still there. */
  const rangesOf = (read) => {
    const live = new Map([[read.documentElement, document.documentElement]]);
    const known = new Set();
    const liveOf = (element) => {
      if (element === null || element === undefined) return null;
      if (live.has(element)) return live.get(element);
      const parent = element.parentElement;
      const there = liveOf(parent);
      if (there !== null && !known.has(parent)) {
        known.add(parent);
        for (const [one, other] of paired(elementsOf(parent), elementsOf(there))) live.set(one, other);
      }
      return live.get(element) ?? null;
    };
    const boundary = (mark, isEnd) => {
      const parent = liveOf(mark.parentElement);
      if (parent === null) return null;
      if (!isEnd) {
        // What begins with an element begins there, whatever stands before it now.
        let first = mark.nextSibling;
        while (first !== null && first.nodeType === 8 && !first.data.startsWith("/inlay:")) first = first.nextSibling;
        const there = first?.nodeType === 1 ? liveOf(first) : null;
        if (there?.parentNode === parent) return [parent, [...parent.childNodes].indexOf(there)];
      }
      let before = mark.previousSibling;
      let text = 0; // between the element before and the mark
      for (; before !== null && before.nodeType !== 1; before = before.previousSibling) if (before.nodeType === 3) text += before.length;
      const from = before === null ? null : liveOf(before);
      if (before !== null && from?.parentNode !== parent) return null;
      let node = from === null ? parent.firstChild : from.nextSibling;
      for (; node !== null && (node.nodeType !== 1 || isOurs(node)); node = node.nextSibling) {
        if (text === 0 && isEnd) break;
        if (node.nodeType !== 3) continue;
        if (text < node.length || (text === node.length && isEnd)) return [node, text];
        text -= node.length;
      }
      return node === null ? [parent, parent.childNodes.length] : [parent, [...parent.childNodes].indexOf(node)];
    };
    const ranges = new Map();
    const begun = new Map();
    const walker = read.createTreeWalker(read, 128);
    for (let mark = walker.nextNode(); mark !== null; mark = walker.nextNode()) {
      const found = /^(\/?)inlay:(\d+)$/.exec(mark.data);
      if (found === null) continue;
      const number = Number(found[2]);
      if (found[1] === "") {
        begun.set(number, boundary(mark, false));
        continue;
      }
      const [start, end] = [begun.get(number) ?? null, boundary(mark, true)];
      if (start === null || end === null) continue;
      const range = document.createRange();
      range.setStart(...start);
      range.setEnd(...end);
      ranges.set(number, range);
    }
    return ranges;
  };

  const hasSize = ({ width, height }) => width > 0 || height > 0;
  /** The boxes of an element that has one, or of what is in it. */
  const boxesOf = (element) => {
    const own = [...element.getClientRects()].filter(hasSize);
    return own.length > 0 || element.children.length > 200 ? own : [...element.children].flatMap(boxesOf);
  };
  const around = (boxes) => {
    const left = Math.min(...boxes.map((b) => b.left));
    const top = Math.min(...boxes.map((b) => b.top));
    return { left, top, width: Math.max(...boxes.map((b) => b.right)) - left, height: Math.max(...boxes.map((b) => b.bottom)) - top };
  };
  /** What a range takes of the window; null if it shows nothing. */
  const boxOf = (range) => {
    let boxes = [...range.getClientRects()].filter(hasSize);
    if (boxes.length === 0 && !range.collapsed) {
      const inside = range.cloneContents().childElementCount === 0 ? [] : [...range.commonAncestorContainer.children ?? []].filter((one) => range.intersectsNode(one));
      boxes = inside.flatMap(boxesOf);
    }
    return boxes.length > 0 ? around(boxes) : null;
  };
  /** Where something would be that shows nothing: after what is before it. */
  const spotOf = (range) => {
    let node = range.startContainer;
    if (node.nodeType === 1) node = node.childNodes[range.startOffset - 1] ?? node;
    for (; node !== null; node = node.previousSibling ?? node.parentNode) {
      if (node.nodeType !== 1) continue;
      const boxes = boxesOf(node);
      if (boxes.length > 0) return { left: around(boxes).left, top: around(boxes).top + (node.contains(range.startContainer) ? 0 : around(boxes).height), width: 0, height: 0 };
    }
    return null;
  };

  // What is shown.

  let data = null;
  let problem = "";
  let host = null;
  let root = null;
  let opened = false;
  let outlined = false;
  let ranges = new Map();
  let shown = new Set(); // slots whose details are open
  let said = "";
  let boxes = []; // of the outlines: [range, box, card or null]
  let frame = 0;

  const load = async () => {
    try {
      const answer = await ask(`${base}?id=${visit}`);
      problem = answer.ok ? "" : (await answer.text()).trim();
      if (answer.ok) data = await answer.json();
    } catch (error) {
      problem = String(error);
    }
  };

  const change = async (what, slot, done) => {
    const answer = await ask(`${base}/${what}?id=${visit}${slot === null ? "" : `&slot=${encodeURIComponent(slot.name)}`}`, "POST").catch((error) => error);
    said = answer.ok ? done : answer instanceof Response ? (await answer.text()).trim() : String(answer);
    return answer.ok === true;
  };
  const refetch = async (slot) => {
    if (await change("purge", slot, "")) location.reload();
    else draw();
  };
  const changed = async (what, slot, done) => {
    await change(what, slot, done);
    await load();
    draw();
  };

  /** Slots, each followed by those that came in it. */
  const inOrder = () => {
    const outerOf = (slot) => data.slots.filter(({ name }) => slot.name.startsWith(`${name}.`)).sort((a, b) => b.name.length - a.name.length)[0];
    const within = (outer) => data.slots.filter((slot) => outerOf(slot) === outer).flatMap((slot) => [slot, ...within(slot)]);
    return within(undefined);
  };

  const failures = () => data.slots.filter(({ reason }) => reason !== "");

  const why = (slot) => el("div", "why",
    el("p", "", slot.renewal ? el("b", "", "It is stale since its renewal fails. ") : null, el("code", "", sentence(slot))),
    slot.remedy === "" ? null : el("p", "remedy", slot.remedy));

  const facts = (slot) => {
    const { entry, fill } = slot;
    const list = el("dl", "");
    const add = (name, ...value) => list.append(el("dt", "", name), el("dd", "", ...value));
    add("key", el("code", "", slot.key === "" ? "none can be made" : slot.key));
    add("state", `${words[slot.state]}. ${meanings[slot.state]}`);
    if (entry !== null) {
      const { left, swr, sie } = entry;
      add("age", seconds(entry.age));
      add("remains", `ttl ${left > 0 ? seconds(left) : "over"} · then swr ${seconds(swr)} · sie ${seconds(sie)}`);
      add("tags", ...(entry.tags.length === 0 ? ["none"] : entry.tags.map((tag) => el("span", "tag", tag))));
      add("bytes", bytes(entry.bytes));
      add("fill took", entry.took === null ? "–" : millis(entry.took));
      add("from", { origin: "the origin", "data-center": "the data centre's cache", kv: "KV" }[entry.from] ?? entry.from);
      add("hits", String(entry.hits));
    } else {
      add("now", slot.state === "bypass" ? "nothing of it is kept" : "the cache has nothing under this key");
      if (slot.bytes > 0) add("bytes", bytes(slot.bytes));
    }
    if (fill !== null) {
      add("asked", fill.to === "" ? "the site's own handlers" : el("code", "", fill.to));
      add("this fill", `${fill.began === null || fill.ended === null ? "has not ended" : millis(fill.ended - fill.began)}${fill.own ? "" : ", of another request"}${fill.status > 0 ? `, status ${fill.status}` : ""}`);
    }
    add("came", slot.arrived === null ? (slot.placed === null ? "not at all" : "its placeholder alone") : `${slot.patch ? "as a patch" : slot.inPlace ? "in its place, in a text" : "in its place"} at ${millis(slot.arrived)}`);
    add("Cache-Status", el("code", "", slot.status));
    return list;
  };

  const details = (slot) => el("div", "details",
    facts(slot),
    el("p", "buttons",
      button("Fetch again", "Purges the fragment and loads the page", () => refetch(slot)),
      button("Purge", "The next visit waits for a fill", () => changed("purge", slot, `${slot.name} is purged: the next visit asks for it.`)),
      button("Invalidate", "It is stale from now on: its swr and sie count", () => changed("invalidate", slot, `${slot.name} is stale from now on.`))));

  const at = (made, from, to, total) => {
    made.style.left = `${(100 * from) / total}%`;
    if (to !== null) made.style.width = `${Math.max(0.4, (100 * (to - from)) / total)}%`;
    return made;
  };

  /** The lane of a slot in the waterfall: its fill, its placeholder and its content, as they went by. */
  const lane = (slot, total) => {
    const made = el("span", "lane");
    const { fill } = slot;
    if (fill !== null && fill.began !== null) {
      const bar = at(el("i", `bar ${fill.own ? "" : "joined"} ${fill.reason === "" ? "" : "failed"}`), Math.max(0, fill.began), fill.ended ?? total, total);
      bar.title = `fill: ${millis(fill.began)} to ${millis(fill.ended)}`;
      made.append(bar);
    }
    if (slot.placed !== null) made.append(at(el("i", "placed"), slot.placed, null, total));
    if (slot.arrived !== null) made.append(at(el("i", `arrived ${slot.state}`), slot.arrived, null, total));
    if (data.head !== null) made.append(at(el("i", "head"), data.head, null, total));
    return made;
  };

  const rows = () => {
    const total = Math.max(1, data.end ?? 0, ...data.slots.flatMap(({ fill, arrived }) => [fill?.own ? fill.ended ?? 0 : 0, arrived ?? 0])) * 1.04;
    const list = el("div", "rows");
    for (const slot of inOrder()) {
      const open = shown.has(slot.name);
      const row = el("button", `row ${slot.state}`,
        el("span", `state ${slot.state}`, words[slot.state]),
        el("span", "name", slot.name),
        lane(slot, total),
        el("span", "time", millis(slot.arrived ?? (slot.reason === "" ? null : slot.fill?.ended ?? null))));
      row.type = "button";
      row.setAttribute("aria-expanded", String(open));
      row.title = meanings[slot.state];
      row.addEventListener("click", () => {
        if (!shown.delete(slot.name)) shown.add(slot.name);
        draw();
      });
      const point = (over) => () => boxes.find(([number]) => data.slots[number] === slot)?.[2].classList.toggle("pointed", over);
      row.addEventListener("pointerenter", point(true));
      row.addEventListener("pointerleave", point(false));
      list.append(row);
      if (slot.reason !== "") list.append(why(slot));
      if (open) list.append(details(slot));
    }
    for (const fill of data.others) {
      list.append(el("div", "row other", el("span", "state", "besides"), el("span", "name", fill.slot),
        lane({ fill, placed: null, arrived: null }, total), el("span", "time", fill.ended === null ? "–" : millis(fill.ended))));
    }
    return list;
  };

  const modes = () => {
    const now = new URLSearchParams(location.search).get("inlay") ?? "";
    const made = el("span", "modes", "show ");
    for (const [mode, text, title] of [["", "as visited", "In the mode that the request decides"], ["stream", "stream", "Shell first, patches as they come"], ["ordered", "ordered", "Each slot waited for in its place"], ["complete", "complete", "All at once"]]) {
      const link = button(text, title, () => {
        const to = new URL(location.href);
        if (mode === "") to.searchParams.delete("inlay");
        else to.searchParams.set("inlay", mode);
        if (to.href === location.href) location.reload();
        else location.assign(to);
      }, now === mode ? "now" : "");
      made.append(link);
    }
    return made;
  };

  const legend = () => el("p", "legend", el("i", "bar"), "fill ", el("i", "bar joined"), "another's fill ", el("i", "placed"), "placeholder ", el("i", "arrived miss"), "content ", el("i", "head"), "head of the page");

  const panel = () => {
    const close = button("✕", "Close (Escape)", () => toggle(false), "close");
    const title = el("header", "",
      el("b", "brand", "inlay"),
      el("span", "target", data.target),
      el("span", "dim", `${data.mode === "" ? "" : `${data.mode} · `}head ${millis(data.head)} · end ${millis(data.end)} · ${bytes(data.bytes)}`), close);
    const tools = el("div", "tools",
      button(outlined ? "Hide outlines" : "Outlines", "Draws a line around each slot", () => outline(!outlined), outlined ? "now" : ""),
      modes(),
      el("span", "gap"),
      button("Fetch all again", "Purges the fragments of this page and loads it", () => refetch(null)),
      button("Purge all", "Of this page", () => changed("purge", null, "All fragments of this page are purged.")),
      button("Invalidate all", "Of this page", () => changed("invalidate", null, "All fragments of this page are stale from now on.")));
    return el("section", "panel", title, tools, said === "" ? null : el("p", "said", said),
      data.slots.length === 0 ? el("p", "none", "This page has no slots.") : rows(),
      el("footer", "", data.slots.length === 0 ? null : legend(), el("span", "gap"), "Alt+Shift+O takes the overlay away, and brings it back; INLAY_OVERLAY=0 switches it off."));
  };

  const badge = () => {
    if (data === null) {
      const made = button("inlay ?", problem, () => {}, "badge");
      return made;
    }
    const failed = data.slots.filter(({ state }) => state === "failed").length;
    const old = data.slots.filter(({ state }) => state === "stale").length;
    const filled = data.slots.filter(({ state }) => ["miss", "joined", "bypass"].includes(state)).length;
    const worst = failed > 0 ? "failed" : old > 0 ? "stale" : filled > 0 ? "miss" : data.slots.length > 0 ? "fresh" : "pending";
    const text = data.slots.length === 0 ? "no slots" : failed > 0 ? `${failed} of ${data.slots.length} failed` : `${data.slots.length} slot${data.slots.length === 1 ? "" : "s"}`;
    const made = button("", "What became of this page's slots (Alt+Shift+O takes this away)", () => toggle(true), `badge ${worst}`);
    made.append(el("i", `dot ${worst}`), el("b", "", "inlay"), ` ${text} · ${millis(data.end)}`);
    return made;
  };

  const outlines = () => {
    boxes = [];
    const layer = el("div", "layer");
    data.slots.forEach((slot, number) => {
      const range = ranges.get(number);
      if (range === undefined) return;
      const box = el("div", `box ${slot.state} ${slot.name.includes(".") ? "nested" : ""}`, el("span", "label", el("b", "", slot.name), ` ${words[slot.state]}${slot.fill === null || slot.fill.ended === null ? "" : ` · ${millis(slot.fill.ended - slot.fill.began)}`}`));
      const card = slot.reason === "" ? null : el("div", "card", el("b", "", slot.name), why(slot));
      layer.append(box);
      boxes.push([number, range, box, card]);
    });
    layer.append(...boxes.flatMap(([, , , card]) => (card === null ? [] : [card]))); // over all boxes
    return layer;
  };

  /** Puts the outlines where the slots are now. */
  const place = () => {
    const taken = [];
    for (const [, range, box, card] of boxes) {
      const where = boxOf(range);
      const spot = where ?? (card === null ? null : spotOf(range));
      box.hidden = where === null;
      if (where !== null) {
        box.style.transform = `translate(${where.left}px, ${where.top}px)`;
        box.style.width = `${where.width}px`;
        box.style.height = `${where.height}px`;
      }
      if (card === null) continue;
      card.hidden = spot === null;
      if (spot === null) continue;
      const { offsetWidth: width, offsetHeight: height } = card;
      const left = Math.max(4, Math.min(spot.left, innerWidth - width - 4));
      let top = spot.top;
      for (const other of taken) {
        if (left < other.left + other.width && other.left < left + width && top < other.top + other.height && other.top < top + height) top = other.top + other.height + 3;
      }
      taken.push({ left, top, width, height });
      card.style.transform = `translate(${left}px, ${top}px)`;
    }
    frame = requestAnimationFrame(place);
  };

  const draw = () => {
    cancelAnimationFrame(frame);
    const scroll = root.querySelector(".panel")?.scrollTop ?? 0;
    const focus = [...root.querySelectorAll("button")].indexOf(root.activeElement);
    root.replaceChildren();
    if (outlined && data !== null) {
      root.append(outlines());
      frame = requestAnimationFrame(place);
    }
    root.append(opened && data !== null ? panel() : badge());
    const now = root.querySelector(".panel");
    if (now !== null) now.scrollTop = scroll;
    root.querySelectorAll("button")[focus]?.focus({ preventScroll: true });
  };

  const outline = async (on) => {
    if (on && data !== null) {
      const read = await marked();
      ranges = read === null ? new Map() : rangesOf(read);
      const lost = data.slots.filter((slot, i) => !ranges.has(i) && !slot.inPlace && (slot.arrived ?? slot.placed) !== null).length;
      if (lost > 0) said = `${lost === 1 ? "One slot is" : `${lost} slots are`} not where the page had ${lost === 1 ? "it" : "them"}: a script may have changed the page since.`;
    }
    outlined = on;
    draw();
  };

  const toggle = async (on) => {
    opened = on;
    said = "";
    remember(on ? "open" : "");
    if (on) {
      await load();
      draw();
      if (data !== null && failures().length > 0 && !outlined) await outline(true);
    } else {
      outlined = false;
      draw();
    }
  };

  const unmount = () => {
    cancelAnimationFrame(frame);
    host?.remove();
    host = null;
    opened = outlined = false;
  };

  const mount = async () => {
    if (host !== null) return;
    host = document.createElement("inlay-overlay");
    root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // unlike <style>, no policy forbids it
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    await load();
    if (host === null) return;
    document.documentElement.append(host);
    if (remembered() === "open") await toggle(true);
    else draw();
  };

  if (window.top === window) {
    addEventListener("keydown", (event) => {
      if (event.code === "KeyO" && event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        remember(host === null ? "" : "off");
        if (host === null) mount();
        else unmount();
      } else if (event.key === "Escape" && opened) {
        toggle(false);
      }
    });
    // Scripts that make a document's elements their own have done so by then.
    const begin = () => {
      if (remembered() === "off") return;
      if ("requestIdleCallback" in window) requestIdleCallback(mount, { timeout: 500 });
      else setTimeout(mount, 50);
    };
    if (document.readyState === "complete") begin();
    else addEventListener("load", begin, { once: true });
  }
}
