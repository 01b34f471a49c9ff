// What build.sh makes, for tests of worker/*.mjs under Node: import this module first, and those of worker/ dynamically.
// core.wasm, shell.wasm, variables.wasm and pages.bin are the built ones, unless globalThis.testPages has other pages; what runs app.wasm is whatever
// globalThis.testApp does, with a batch's bytes and where to write frames. globalThis.testCore is another core.wasm of build/.
import { registerHooks } from "node:module";

const made = {
  "./core.wasm": `
    import { readFileSync } from "node:fs";
    export default new WebAssembly.Module(readFileSync(new URL("../../build/" + (globalThis.testCore ?? "core.wasm"), ${JSON.stringify(import.meta.url)})));`,
  "./shell.wasm": `
    import { readFileSync } from "node:fs";
    export default new WebAssembly.Module(readFileSync(new URL("../../build/shell.wasm", ${JSON.stringify(import.meta.url)})));`,
  "./variables.wasm": `
    import { readFileSync } from "node:fs";
    export default new WebAssembly.Module(readFileSync(new URL("../../build/variables.wasm", ${JSON.stringify(import.meta.url)})));`,
  "./pages.bin": `
    import { readFileSync } from "node:fs";
    const bytes = globalThis.testPages ?? readFileSync(new URL("../../build/pages.bin", ${JSON.stringify(import.meta.url)}));
    export default new Uint8Array(bytes).buffer;`,
  "./build-id.mjs": `export const build = "0123456789abcdef";\nexport const rehearsed = globalThis.testRehearsed ?? "/";`,
  "./app-instances.mjs": `
    export const appInstances = () => 0;
    export class SilenceError extends Error {}
    export const appFills = (next, ...all) => globalThis.testApp(next(), ...all);
    export const appFetch = () => { throw new Error("no request passes through here"); };`,
};

registerHooks({
  resolve(specifier, context, next) {
    return specifier in made ? { url: `made:${specifier}`, format: "module", shortCircuit: true } : next(specifier, context);
  },
  load(url, context, next) {
    const source = url.startsWith("made:") ? made[url.slice(5)] : undefined;
    return source === undefined ? next(url, context) : { format: "module", source, shortCircuit: true };
  },
});
