// What worker/*.mjs imports and build.sh makes: the compiler finds no file for it in worker/.

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.z" {
  const bytes: ArrayBuffer;
  export default bytes;
}

declare module "*.bin" {
  const bytes: ArrayBuffer;
  export default bytes;
}

// Go's own starter: it sets globalThis.Go and, where there is none, globalThis.fs.
declare module "*/wasm_exec.js";
declare var Go: new () => any;
declare var fs: any;
declare var tryCatch: (call: () => unknown) => { result?: unknown; error?: unknown };
