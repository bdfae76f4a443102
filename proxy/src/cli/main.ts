import { Command, CommanderError } from "commander";
import { errorMessage } from "../config/system-error.ts";
import { registerApiToken } from "./api-token.ts";
import { registerApprovals } from "./approvals.ts";
import { registerAudit } from "./audit.ts";
import { registerCatalog } from "./catalog.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import { registerSessions } from "./sessions.ts";
import { registerDoctor } from "./doctor.ts";
import { registerClient } from "./login.ts";
import { registerServe } from "./serve.ts";
import { registerToken } from "./token.ts";
import { registerUser } from "./user.ts";

/** The `policy-proxy` command; sets the process's exit code (`exit-codes.ts`). */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command("policy-proxy")
    .description("Enforce policies on the wire, in front of PostgreSQL.")
    .showHelpAfterError()
    .exitOverride();
  for (const register of [
    registerServe,
    registerDoctor,
    registerUser,
    registerApprovals,
    registerAudit,
    registerCatalog,
    registerApiToken,
    registerSessions,
    registerClient,
    registerToken,
  ])
    register(program);
  // Whoever reads our output may stop early (`… | head`): then there is nothing left to do.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCodes.success);
    throw error;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    process.exitCode = fail(error);
  }
}

function fail(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.misuse;
  process.stderr.write(`policy-proxy: ${errorMessage(error)}\n`);
  return error instanceof CommandError ? error.exitCode : exitCodes.failure;
}
