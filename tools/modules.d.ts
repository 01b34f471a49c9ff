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

// What inlay dev makes for worker/dev.mjs. version: of the Worker's modules; shells: the number of those in pages.bin; from: the
// URL that a number is put behind, for newer ones.
declare module "*/dev-settings.mjs" {
  export const settings: { version: string; shells: number; from: string };
}

declare module "*/build-id.mjs" {
  export const build: string;
  export const rehearsed: string;
}

// Go's own starter: it sets globalThis.Go and, where there is none, globalThis.fs.
declare module "*/wasm_exec.js";
declare var Go: new () => any;
declare var fs: any;
declare var tryCatch: (call: () => unknown) => { result?: unknown; error?: unknown };
