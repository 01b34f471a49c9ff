// What a workerd's isolate has in use after a full collection, in bytes: node heap.mjs PORT, the port of its inspector.
// Prints the heap, and the bytes of array buffers that are outside of it.

const port = process.argv[2];
const [target] = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
const socket = new WebSocket(target.webSocketDebuggerUrl);
let last = 0;
let context = 0;
/** @type {Map<number, (result: any) => void>} */
const waiting = new Map();

/** @param {string} method @param {object} [params] @returns {Promise<any>} */
function call(method, params) {
  const id = ++last;
  socket.send(JSON.stringify({ id, method, params }));
  return new Promise((resolve) => waiting.set(id, resolve));
}

socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.method === "Runtime.executionContextCreated") context = message.params.context.id;
  waiting.get(message.id)?.(message.result ?? message.error);
};
socket.onerror = () => process.exit(1);
await new Promise((resolve) => (socket.onopen = resolve));
// The inspector's own HeapProfiler.collectGarbage does nothing in workerd; gc is there by the V8 flag --expose-gc.
await call("Runtime.enable");
const collected = await call("Runtime.evaluate", { contextId: context, expression: "gc(); gc(); typeof gc" });
if (collected.result?.value !== "function") throw new Error(`gc did not run: ${JSON.stringify(collected)}`);
const { usedSize, backingStorageSize } = await call("Runtime.getHeapUsage");
console.log(JSON.stringify({ heap: usedSize, buffers: backingStorageSize }));
socket.close();
