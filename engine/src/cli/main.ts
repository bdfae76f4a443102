import { Command } from "commander";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { penstockVersion } from "./version.ts";

type Register = (program: Command) => void;

/** One module a subcommand, loaded when it is called: none waits for what only another needs. */
const subcommands: Readonly<Record<string, () => Promise<Register>>> = {
  check: async () => (await import("./check.ts")).registerCheck,
  doc: async () => (await import("./doc.ts")).registerDoc,
  init: async () => (await import("./init.ts")).registerInit,
  fmt: async () => (await import("./fmt.ts")).registerFmt,
  test: async () => (await import("./test.ts")).registerTest,
  bench: async () => (await import("./bench.ts")).registerBench,
  eval: async () => (await import("./eval.ts")).registerEval,
  keygen: async () => (await import("./keygen.ts")).registerKeygen,
  build: async () => (await import("./build.ts")).registerBuild,
  lsp: async () => (await import("./lsp.ts")).registerLsp,
  replay: async () => (await import("./replay.ts")).registerReplay,
  verify: async () => (await import("./verify.ts")).registerVerify,
};

/** The `policy` command. Exit codes: 0 in order, 1 mistakes or failures found, 2 called wrongly. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command("policy")
    .description("Write, check and test policies for Penstock.")
    .version(penstockVersion)
    .showHelpAfterError()
    .exitOverride();
  for (const register of await registersFor(argv)) register(program);
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (isCommanderError(error)) {
      process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.misuse;
    } else if (error instanceof UsageError) {
      console.error(`policy: ${error.message}`);
      process.exitCode = exitCodes.misuse;
    } else {
      throw error;
    }
  }
}

/** The named subcommand, or all of them for help, for `--version` and for what is none. */
async function registersFor([name = ""]: readonly string[]): Promise<readonly Register[]> {
  const named = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  return Promise.all(named === undefined ? Object.values(subcommands).map((load) => load()) : [named()]);
}

function isCommanderError(error: unknown): error is { readonly exitCode: number } {
  return (
    error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")
  );
}
