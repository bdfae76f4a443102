import type { Command } from "commander";
import { formatDiagnostics } from "@penstock/language";
import { describeDecision } from "../decide/describe-decision.ts";
import { decideForRoots, explainForRoots } from "../decide/test-host.ts";
import { World } from "../decide/world.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { compileFiles, readCatalog } from "./program-files.ts";
import { explanationJson, printExplanations } from "./report/explanation.ts";
import { formatOption } from "./report/format-option.ts";
import { type RootsOptions, rootsFrom } from "./roots-options.ts";

interface EvalOptions extends RootsOptions {
  readonly sql: string;
  readonly catalog: string;
  readonly format: string;
  readonly explain?: true;
  readonly all?: true;
}

export function registerEval(program: Command): void {
  program
    .command("eval")
    .description("Show the decision on a statement for a principal. Exit code 0 for allow, 1 for deny or approve.")
    .argument("[paths...]", "policy files or folders", ["policies"])
    .requiredOption("--sql <text>", "the statement")
    .requiredOption("--catalog <file>", "catalog fixture (JSON)")
    .option("--principal <json>", 'the principal as JSON or a file: {"id":"ann","kind":"human","groups":["analyst"]}')
    .option("--target <json>", 'the target as JSON or a file: {"environment":"staging"}')
    .option("--explain", "for each rule, why it fired or did not, with values")
    .option("--all", "with --explain: also the rules that have nothing to do with the statement")
    .addOption(formatOption(["pretty", "json"]))
    .action((paths: string[], options: EvalOptions) => {
      if (options.all === true && options.explain === undefined) throw new UsageError("`--all` belongs to `--explain`");
      const { folder, result, diagnostics } = compileFiles(paths, false);
      const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
      if (result.program === undefined || errors.length > 0) {
        console.error(formatDiagnostics(errors, folder.sources, { color: process.stderr.isTTY }));
        process.exitCode = exitCodes.misuse;
        return;
      }
      const world = new World(result.program, readCatalog(options.catalog));
      const roots = rootsFrom(options);
      const decision = decideForRoots(world, options.sql, roots);
      const explained = options.explain === true ? explainForRoots(world, options.sql, roots) : undefined;
      if (options.format === "json") {
        const record = explained === undefined ? decision : { ...decision, explanation: explanationJson(explained) };
        console.log(JSON.stringify(record, jsonInteger, 2));
      } else {
        console.log(describeDecision(decision).join("\n"));
        if (explained !== undefined) console.log(`\n${printExplanations(explained, options.all === true)}`);
      }
      process.exitCode = decision.outcome === "allow" ? exitCodes.ok : exitCodes.failed;
    });
}

function jsonInteger(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
