// What worker/*.mjs imports and build.sh makes: the compiler finds no file for it in worker/.

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.bin" {
  const bytes: ArrayBuffer;
  export default bytes;
}

// syumai/workers' entry. The context is what its bindings and waitUntil are taken from.
declare module "*/app.mjs" {
  const app: { fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response> };
  export default app;
}
