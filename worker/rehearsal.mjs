// @ts-check
// V8 compiles each function of Wasm when it is first called, which was half of what the first visitor of an isolate waited for. So the
// shell of a page is served to nobody while the Worker is loaded, by a core that is thrown away: what it has called is compiled for the
// next. Its fragments are not, since who did not come while the Worker was loaded would wait for that too, and not while an origin is
// asked. There is no clock then, nothing random and no Response; and whatever goes wrong here a request will tell of.

import { rehearsed } from "./build-id.mjs";
import { Core, CrashError } from "./core.mjs";
import { Front } from "./front.mjs";
import { readVariables } from "./variables.mjs";

class Rehearsal extends Core {
  /** What was asked of the visitor, for the tests. @type {string[]} */
  asked = [];

  /** @returns {any} */
  initOf() {
    return null;
  }

  /** @param {unknown} error */
  crash(error) {
    this.crashed = true;
    return new CrashError("the rehearsal has crashed", { cause: error });
  }

  /** A visitor, as the core sees one. @returns {any} */
  visitor() {
    const note = (/** @type {string} */ what) => this.asked.push(what);
    const visitor = {
      id: 0, crashes: 0, fills: [],
      request: { url: "https://site.invalid/", headers: new Headers({ "sec-fetch-dest": "document", "cf-ray": "rehearsal" }) },
      exchange: () => visitor,
      send: () => note("send"), respond: () => note("respond"), write: () => {}, finish: () => note("finish"), break: () => note("break"),
      pass: () => note("pass"), wait: () => {}, watch: () => false, ask: () => {},
    };
    return visitor;
  }

  run() {
    if (!this.readsPages) return;
    const said = readVariables([["INLAY_ORIGIN", "https://origin.invalid"]]);
    if ("problem" in said || this.exports.start(this.putText(said.read), 1, 2, 0, 0) > 0) return;
    this.front = new Front({});
    this.settings = /** @type {any} */ ({ dev: false, debug: false });
    this.handle(this.visitor(), 0, rehearsed, 0);
  }
}

/** Serves nobody. @returns {string[]} what it came to */
export function rehearse() {
  const core = new Rehearsal(null);
  try {
    core.run();
  } catch {}
  return core.asked;
}
