// @ts-check
// What the engine may ask: the imports of core.wasm. A pointer and a size name bytes of the instance's memory; they are copied.

import { loopField } from "./front.mjs";
import { listed, listedNumbers } from "./listed.mjs";
import { nameOf, warn } from "./say.mjs";
import { inspect, judge, parse } from "./shell.mjs";
import { setTiming } from "./timing.mjs";
import { tracedBy } from "./trace.mjs";

/** @typedef {import("./core.mjs").Core} Core */
/** @typedef {import("./exchange.mjs").Exchange} Exchange */
/** @typedef {import("./exchange.mjs").Opening} Opening */

const encoder = new TextEncoder();

/** @param {Core} core whose instance it is */
export function asks(core) {
  const current = () => /** @type {Exchange | Opening} */ (core.current);
  const exchange = () => {
    const made = current().exchange();
    core.current = made;
    return made;
  };
  /** The outline, or the text, that the core is about to take. @type {Uint8Array | null} */
  let parsed = null;
  return {
    /** @param {number} at @param {number} size */
    new_blob: (at, size) => core.keep(core.bytes().slice(at, at + size)),

    /** @param {number} status @param {number} at @param {number} size */
    new_head: (status, at, size) => {
      const fields = core.texts(at, size);
      if (status < 0) return core.keep(core.failed(-status, fields));
      const headers = new Headers();
      let length = "";
      for (let i = 0; i + 1 < fields.length; i += 2) {
        // The runtime counts a body itself, and a field less is 3% less work for a warm page.
        if (fields[i] === "content-length") length = fields[i + 1];
        else headers.append(fields[i], fields[i + 1]);
      }
      if (core.settings.debug) setTiming(headers);
      return core.keep({ init: core.initOf(status, headers), length });
    },

    /** @param {number} at @param {number} count */
    join: (at, count) => {
      const handles = new Uint32Array(core.bytes().buffer, at, count);
      let size = 0;
      for (const handle of handles) size += core.blob(handle).length;
      const joined = new Uint8Array(size);
      let end = 0;
      for (const handle of handles) {
        joined.set(core.blob(handle), end);
        end += core.blob(handle).length;
      }
      return core.keep(joined);
    },

    /** @param {number} handle @param {number} from @param {number} to */
    slice: (handle, from, to) => core.keep(core.blob(handle).subarray(from, to)),

    /** @param {number} handle @param {number} flags see shell.mjs @param {number} at @param {number} size of the base */
    parse: (handle, flags, at, size) => {
      parsed = parse(core.blob(handle), flags, core.text(at, size), core.about());
      return parsed?.length ?? 0;
    },
    /** @param {number} at */
    parsed: (at) => {
      if (parsed !== null) core.bytes().set(parsed, at);
      parsed = null;
    },

    /** @param {number} handle @param {number} flags @param {number} watch @param {number} at of the record, see shell.mjs */
    inspect: (handle, flags, watch, at) => {
      const { record, mended, fault } = inspect(core.blob(handle), flags, watch, () => core.about());
      core.bytes().set(record, at);
      parsed = fault;
      return mended === null ? 0 : core.keep(mended);
    },

    /** @param {number} at @param {number} size of the question @param {number} declared see worker/core/host.go */
    judge: (at, size, declared) => {
      const { said } = core;
      if (said === null || (declared === 0 && said.slots === false)) return 0;
      parsed = judge(core.bytes().subarray(at, at + size), encoder.encode(said.texts.join("\0") + "\0"), () => core.about());
      return parsed.length;
    },

    /** @param {number} handle @param {number} from @param {number} at @param {number} size */
    read: (handle, from, at, size) => {
      const part = core.blob(handle).subarray(from, from + size);
      core.bytes().set(part, at);
      return part.length;
    },

    /** @param {number} handle */
    drop: (handle) => {
      const blob = core.blobs[handle];
      if (blob === undefined) throw new Error(`blob ${handle} was dropped before`);
      if ("init" in blob) core.repeats.drop(blob);
      core.blobs[handle] = undefined;
      core.free.push(handle);
    },

    /** @param {number} _id @param {number} head @param {number} body */
    send: (_id, head, body) => current().send(core.head(head), core.shown(core.head(head), core.blob(body))),
    /**
     * @param {number} _id @param {number} head @param {number} body @param {number} until
     * @param {number} page @param {number} at of the addresses of its parts' numbers @param {number} count
     * @param {number} varies @param {number} size of the names of what it varies on
     */
    repeat: (_id, head, body, until, page, at, count, varies, size) => {
      const { request } = current();
      if (core.front.isPlain(request)) {
        core.repeats.add(request, core.head(head), core.blob(body), until + core.stepped, page, new Uint32Array(core.bytes().buffer, at, count), core.bytes(),
          size === 0 ? [] : core.texts(varies, size), (name) => core.front.reader(name));
      }
    },
    end_repeats: () => core.repeats.end(),
    /** @param {number} _id @param {number} head */
    send_head: (_id, head) => current().send(core.head(head), null),
    /** @param {number} _id @param {number} head */
    respond: (_id, head) => exchange().respond(core.head(head)),
    /** @param {number} _id @param {number} body */
    write: (_id, body) => exchange().write(core.blob(body)),
    finish: () => exchange().finish(),
    break: () => exchange().break(),
    /** @param {number} _id @param {number} at @param {number} size of the host and the target @param {number} shell whether the URL is known to have one */
    pass: (_id, at, size, shell) => {
      const [host, target] = core.text(at, size).split("\0");
      exchange().pass(host, target, shell !== 0);
    },
    admin: () => exchange().admin(),
    /** @param {number} kind @param {number} at @param {number} size of its texts @param {number} numbers */
    listed: (kind, at, size, numbers) => core.list.push(listed(kind, core.texts(at, size), new BigInt64Array(core.bytes().buffer, numbers, listedNumbers))),
    /** @param {number} id @param {number} until */
    wait: (id, until) => {
      exchange().wait(until + core.stepped);
      core.waiting.set(id, exchange());
    },
    /** @param {number} at @param {number} size */
    report: (at, size) => warn(`fragment does not fit: ${core.texts(at, size).join(" ")}`, core.about()),
    /** @param {number} _id @param {number} fill */
    watch: (_id, fill) => Number(exchange().watch(fill)),
    /** @param {number} id */
    wake: (id) => core.waiting.get(id)?.wake(),

    /**
     * @param {number} _id @param {number} id @param {number} at @param {number} size
     * @param {number} timeout @param {number} maxBytes @param {number} maxAge negative: it is not shared @param {number} stamp
     * @param {number} kind see worker/core/host.go
     */
    fill: (_id, id, at, size, timeout, maxBytes, maxAge, stamp, kind) => {
      const [src, url, binding, log, slot, pagePattern, ...rest] = core.texts(at, size);
      /** @type {[string, string][][]} */
      const lists = [[]];
      for (let i = 0; i + 1 < rest.length; i += 2) {
        if (rest[i] === "") lists.push([]);
        else lists[lists.length - 1].push([rest[i], rest[i + 1]]);
      }
      const [fields, constant, vouching] = lists;
      if (url !== "") vouching.push([loopField, core.front.name]);
      const leader = exchange();
      const fill = {
        id, request: nameOf(leader.request), trace: tracedBy(leader.request), src, url, binding, slot, pagePattern, fields, constant, vouching, timeout, maxBytes, share: maxAge < 0 ? null : { log, stamp, maxAge },
        document: (kind & 1) !== 0, page: (kind & 2) !== 0,
      };
      // What others had queued comes first: they wait for it.
      if (leader.taking) leader.fills.splice(leader.taken++, 0, fill);
      else leader.fills.push(fill);
      leader.taking = false;
    },

    /** @param {number} _id @param {number} at @param {number} size @param {number} kind see worker/core/host.go @param {number} from @param {number} to */
    shown: (_id, at, size, kind, from, to) => core.noteShown(current(), core.texts(at, size), kind, from, to),

    /** @param {number} id */
    stop: (id) => core.led.get(id)?.stop(),

    /** @param {number} _id @param {number} poll @param {number} at @param {number} size @param {number} seq */
    poll: (_id, poll, at, size, seq) => exchange().ask({ poll, log: core.texts(at, size)[0], seq }),
    /** @param {number} _id @param {number} at @param {number} size @param {number} seq @param {bigint} asked */
    purge: (_id, at, size, seq, asked) => {
      const [log, ...subjects] = core.texts(at, size);
      exchange().ask({ log, seq, asked, subjects });
    },
    /** @param {number} _id @param {number} fill @param {number} at @param {number} size @param {number} tiers @param {number} awaits */
    find: (_id, fill, at, size, tiers, awaits) => {
      const [name, slot, pagePattern] = core.texts(at, size);
      exchange().ask({ fill, name, slot, pagePattern, tiers, awaitView: awaits !== 0 });
    },
    /** @param {number} _fill @param {number} at @param {number} size @param {number} blob @param {number} tiers @param {number} keep */
    put: (_fill, at, size, blob, tiers, keep) => core.puts.push({ name: core.texts(at, size)[0], tiers, bytes: core.blob(blob), keep }),

    /** @param {number} at @param {number} size */
    name: (at, size) => {
      const name = core.text(at, size);
      core.readers.push(core.front.reader(name));
      return core.names.push(name) - 1;
    },

    /** @param {number} name @param {number} at @param {number} capacity */
    field: (name, at, capacity) => {
      const { request } = current();
      const read = core.readers[name];
      const value = read === null ? request.headers.get(core.names[name]) : read(request);
      if (value === null || value === "") return 0;
      if (value.length * 3 > capacity) {
        const bytes = encoder.encode(value);
        if (bytes.length <= capacity) core.bytes().set(bytes, at);
        return bytes.length;
      }
      return encoder.encodeInto(value, core.bytes().subarray(at, at + capacity)).written;
    },
  };
}
