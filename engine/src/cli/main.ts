import { Command } from "commander";
import { registerBuild } from "./build.ts";
import { registerCheck } from "./check.ts";
import { registerEval } from "./eval.ts";
import { registerKeygen } from "./keygen.ts";
import { exitCodes, UsageError } from "./program-files.ts";
import { registerTest } from "./test.ts";
import { registerVerify } from "./verify.ts";
import { penstockVersion } from "./version.ts";

/** The `policy` command. Exit codes: 0 in order, 1 mistakes or failures found, 2 called wrongly. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command("policy")
    .description("Write, check and test policies for Penstock.")
    .version(penstockVersion)
    .showHelpAfterError()
    .exitOverride();
  for (const register of [registerCheck, registerTest, registerEval, registerKeygen, registerBuild, registerVerify])
    register(program);
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

function isCommanderError(error: unknown): error is { readonly exitCode: number } {
  return (
    error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")
  );
}
