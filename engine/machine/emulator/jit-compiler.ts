/**
 * Compiles the WebAssembly modules that v86 generates from guest code.
 *
 * v86 compiles with `WebAssembly.instantiate` and generates no further module until that one is
 * ready. In Chromium this takes several turns of the worker's event loop, and between two turns a
 * cold guest interprets 100,000 instructions or more: code becomes hot one module at a time.
 * Here the module is compiled where v86 asks for it, and taken into use at the next moment at which
 * v86 looks at its timers, which is every 100,000 instructions, without leaving its loop.
 */

type WasmFunction = (...parameters: number[]) => number;

/** What v86 imports into its module, as far as it concerns compiling. */
interface Environment {
  codegen_finalize: (
    index: number,
    start: number,
    flags: number,
    pointer: number,
    length: number,
  ) => void;
  run_hardware_timers: (acpi: number, now: number) => number;
  readonly __indirect_function_table: WebAssembly.Table;
}

/** What its module exports, likewise. */
interface CompilerExports {
  readonly memory: WebAssembly.Memory;
  codegen_finalize_finished(index: number, start: number, flags: number): void;
  set_jit_config(setting: number, value: number): void;
}

/** Setting: pages of guest code that one generated module may cover. */
const MAX_PAGES = 1;
/**
 * v86's own choice is 3. A generated function is one large loop, which V8's optimising compiler takes
 * up almost at once and for long: with one page a module the first `docker --version` takes half
 * the processor time, and is no slower when hot (docs/decisions/003).
 */
const PAGES_PER_MODULE = 1;

/** Generated functions come behind this many entries of v86's own (`WASM_TABLE_OFFSET`). */
const TABLE_OFFSET = 1024;

/**
 * Leaves out the first clearing of guest memory. v86 clears all of it before it restores a state, although
 * memory that was just allocated is zero (WebAssembly specification, memory.grow): the host
 * would have to provide every page.
 */
function withoutFirstClear(exports: WebAssembly.Exports): WebAssembly.Exports {
  const clear = exports['zero_memory'] as WasmFunction;
  let fresh = true;
  return {
    ...exports,
    zero_memory(address: number, length: number) {
      if (!fresh) clear(address, length);
      fresh = false;
    },
  };
}

interface Generated {
  readonly module: WebAssembly.Module;
  readonly index: number;
  readonly start: number;
  readonly flags: number;
}

/** What generated modules import, by v86's rule: its memory as `m`, and its exports but internal ones. */
function importsOf(exports: WebAssembly.Exports): WebAssembly.Imports {
  const functions = Object.entries(exports).filter(
    ([name]) => !name.startsWith('_') && !name.startsWith('zstd') && !name.endsWith('_js'),
  );
  const { memory } = exports as unknown as CompilerExports;
  return { e: { m: memory, ...Object.fromEntries(functions) } as WebAssembly.ModuleImports };
}

/** Instantiates v86's module with this compiler in place of its own. For `V86Options.wasm_fn`. */
export async function instantiateWithCompiler(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
): Promise<WebAssembly.Exports> {
  const environment = imports['env'] as unknown as Environment;
  const timers = environment.run_hardware_timers;
  let generated: Generated | undefined;
  let jitImports: WebAssembly.Imports = {};
  let compiler: CompilerExports;
  environment.codegen_finalize = (index, start, flags, pointer, length) => {
    const code = new Uint8Array(compiler.memory.buffer, pointer >>> 0, length >>> 0);
    generated = { module: new WebAssembly.Module(code), index, start, flags };
  };
  environment.run_hardware_timers = (acpi, now) => {
    if (generated !== undefined) {
      // v86 is in no function that holds its compiler's state here.
      const { index, start, flags } = generated;
      const { exports } = new WebAssembly.Instance(generated.module, jitImports);
      generated = undefined;
      environment.__indirect_function_table.set(index + TABLE_OFFSET, exports['f'] as WasmFunction);
      compiler.codegen_finalize_finished(index, start, flags);
    }
    return timers(acpi, now);
  };
  const { exports } = await WebAssembly.instantiate(module, imports);
  compiler = exports as unknown as CompilerExports;
  compiler.set_jit_config(MAX_PAGES, PAGES_PER_MODULE);
  jitImports = importsOf(exports);
  return withoutFirstClear(exports);
}
