import { Command, CommanderError } from "commander";
import { errorMessage } from "../config/system-error.ts";
import packageJson from "../../package.json" with { type: "json" };
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";

type Register = (program: Command) => void;

const client = async () => (await import("./login.ts")).registerClient;

/** One module a subcommand, loaded when it is called: none waits for what only another needs. */
const subcommands: Readonly<Record<string, () => Promise<Register>>> = {
  serve: async () => (await import("./serve.ts")).registerServe,
  doctor: async () => (await import("./doctor.ts")).registerDoctor,
  user: async () => (await import("./user.ts")).registerUser,
  approvals: async () => (await import("./approvals.ts")).registerApprovals,
  audit: async () => (await import("./audit.ts")).registerAudit,
  catalog: async () => (await import("./catalog.ts")).registerCatalog,
  "api-token": async () => (await import("./api-token.ts")).registerApiToken,
  sessions: async () => (await import("./sessions.ts")).registerSessions,
  reload: async () => (await import("./reload.ts")).registerReload,
  bundle: async () => (await import("./bundle.ts")).registerBundle,
  login: client,
  connect: client,
  token: async () => (await import("./token.ts")).registerToken,
};

/** The `policy-proxy` command; sets the process's exit code (`exit-codes.ts`). */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command("policy-proxy")
    .description("Enforce policies on the wire, in front of PostgreSQL, MySQL and MariaDB.")
    .version(packageJson.version)
    .showHelpAfterError()
    .exitOverride();
  for (const register of await registersFor(argv)) register(program);
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

/** The named subcommand, or all of them for help, for `--version` and for what is none. */
function registersFor([name = ""]: readonly string[]): Promise<readonly Register[]> {
  const named = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  const needed = named === undefined ? new Set(Object.values(subcommands)) : [named];
  return Promise.all([...needed].map((load) => load()));
}

function fail(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.misuse;
  process.stderr.write(`policy-proxy: ${errorMessage(error)}\n`);
  return error instanceof CommandError ? error.exitCode : exitCodes.failure;
}
