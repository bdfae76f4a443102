import { dumpCatalogFixture, loadMysqlCatalog, loadPostgresCatalog } from "@penstock/engine";
import { loadConfig } from "../config/load-config.ts";
import { formatProblems } from "../config/problem.ts";
import { protocolOf } from "../enforce/target.ts";
import { explainTargetError, withConnection } from "../targets/target-connection.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

const loaders = { postgres: loadPostgresCatalog, mysql: loadMysqlCatalog } as const;

/** Prints what the proxy knows of a target's schema, as JSON. */
export async function runCatalog(name: string, file: string): Promise<void> {
  const read = loadConfig(file, process.env);
  if (!read.ok)
    throw new CommandError(`the configuration has mistakes\n${formatProblems(read.problems)}`, exitCodes.misuse);
  const { targets } = read.config;
  const target = targets.find((each) => each.name === name);
  if (target === undefined) {
    const known = targets.map((each) => `\`${each.name}\``).join(", ");
    throw new CommandError(`there is no target \`${name}\` in ${file}\n  help: it has ${known}`, exitCodes.misuse);
  }
  try {
    const catalog = await withConnection(target, loaders[protocolOf[target.engine]]);
    process.stdout.write(`${JSON.stringify(dumpCatalogFixture(catalog), undefined, 2)}\n`);
  } catch (error) {
    throw new CommandError(explainTargetError(target, error), exitCodes.upstream);
  }
}
