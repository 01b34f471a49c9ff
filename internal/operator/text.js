// @ts-check
// Elements and texts. Keys, tags and reasons come from strangers, so what is shown becomes text nodes and attributes that
// hold no code, and nothing else: the page's policy has Trusted Types refuse all that parses a text as HTML.

/** @param {string} id @returns {any} an element of operator.html */
const at = (id) => document.getElementById(id);

/**
 * An element. Attributes are the page's own names; a value that is false or null is left out.
 * @param {string} tag @param {Record<string, string | number | boolean | null | ((event: any) => void)>} attributes on… are listeners
 * @param {...(Node | string | null)} children
 */
function make(tag, attributes = {}, ...children) {
  return fitted(document.createElement(tag), attributes, children);
}

/** The same of SVG. @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string | null)} children */
function draw(tag, attributes = {}, ...children) {
  return fitted(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** @template {Element} E @param {E} element @param {Record<string, any>} attributes @param {(Node | string | null)[]} children */
function fitted(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((c) => c !== null));
  return element;
}

/** Shows a text in an element, or hides it. @param {HTMLElement} element @param {string} text */
function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

/** Says something to who listens to the page and does not see it. @param {string} text */
const say = (text) => void (at("said").textContent = text);

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** @param {number} n */
const count = (n) => whole.format(n);

/** @param {number} n @param {string} one @param {string} [many] */
const counted = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** @param {number} n of bytes */
function bytes(n) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let i = 0;
  for (; n >= 999.5 && i + 1 < units.length; i++) n /= 1000;
  return `${short.format(n)} ${units[i]}`;
}

/** @param {number | null | undefined} seconds */
function span(seconds) {
  if (seconds == null) return "–";
  const s = Math.abs(Math.round(seconds));
  const sign = seconds < 0 && s > 0 ? "−" : "";
  if (s < 120) return `${sign}${s} s`;
  if (s < 7200) return `${sign}${Math.floor(s / 60)} min${s < 600 && s % 60 > 0 ? ` ${s % 60} s` : ""}`;
  if (s < 172_800) return `${sign}${Math.floor(s / 3600)} h${s < 36_000 && s % 3600 >= 60 ? ` ${Math.floor((s % 3600) / 60)} min` : ""}`;
  return `${sign}${count(Math.floor(s / 86_400))} d${s < 864_000 && s % 86_400 >= 3600 ? ` ${Math.floor((s % 86_400) / 3600)} h` : ""}`;
}

/** @param {number | null | undefined} ms */
function millis(ms) {
  if (ms == null) return "–";
  return Math.abs(ms) < 1000 ? `${Math.round(ms)} ms` : Math.abs(ms) < 120_000 ? `${short.format(ms / 1000)} s` : span(ms / 1000);
}

/** @param {number} part @param {number} all */
function share(part, all) {
  if (all === 0) return "–";
  const percent = (100 * part) / all;
  if (part > 0 && percent < 0.1) return "< 0.1 %";
  if (part < all && percent > 99.9) return "> 99.9 %";
  return `${short.format(percent)} %`;
}

/** @param {string | number | Date} when @param {boolean} [seconds] */
function clock(when, seconds = true) {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return String(when);
  const day = date.toDateString() === new Date().toDateString() ? "" : `${date.toLocaleDateString("en-CA")} `;
  return day + date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) });
}

/**
 * A key in a table: its first line, and the lines that visitors' fields make fainter. What could not be seen is shown by
 * its number: a key may have characters that turn the direction of what stands around it.
 * @param {string} key
 */
function keyed(key) {
  const [first, ...rest] = key.split("\n").map(visible);
  return make("bdi", {}, first === "" ? "(empty)" : first, rest.length > 0 ? make("span", { class: "rest" }, ` ⏎ ${rest.join(" ⏎ ")}`) : null);
}

/** @param {string} text */
const visible = (text) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => (c === "\n" ? c : `⟨U+${/** @type {number} */ (c.codePointAt(0)).toString(16).toUpperCase().padStart(4, "0")}⟩`));
