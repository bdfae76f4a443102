import type { Command } from "commander";
import { formatDiagnostics, toValue } from "@penstock/language";
import { decideForRoots, type DecisionRecord, explainForRoots } from "../decide/test-host.ts";
import { World } from "../decide/world.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { compileFiles, parseJsonFile, readCatalog } from "./program-files.ts";
import { explanationJson, printExplanations } from "./report/explanation.ts";
import { formatOption } from "./report/format-option.ts";

interface EvalOptions {
  readonly sql: string;
  readonly principal?: string;
  readonly catalog: string;
  readonly target?: string;
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
      const roots = {
        ...(options.principal === undefined
          ? {}
          : { principal: toValue(principalFrom(jsonOrFile(options.principal, "--principal"))) }),
        ...(options.target === undefined ? {} : { target: toValue(jsonOrFile(options.target, "--target")) }),
      };
      const decision = decideForRoots(world, options.sql, roots);
      const explained = options.explain === true ? explainForRoots(world, options.sql, roots) : undefined;
      if (options.format === "json") {
        const record = explained === undefined ? decision : { ...decision, explanation: explanationJson(explained) };
        console.log(JSON.stringify(record, jsonInteger, 2));
      } else {
        console.log(pretty(decision));
        if (explained !== undefined) console.log(`\n${printExplanations(explained, options.all === true)}`);
      }
      process.exitCode = decision.outcome === "allow" ? exitCodes.ok : exitCodes.failed;
    });
}

function jsonOrFile(given: string, option: string): unknown {
  if (!given.trimStart().startsWith("{")) return parseJsonFile(given);
  try {
    return JSON.parse(given);
  } catch (error) {
    throw new UsageError(`${option} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** `groups` is a set in the vocabulary, and JSON has none. */
function principalFrom(given: unknown): unknown {
  if (typeof given !== "object" || given === null || !("groups" in given) || !Array.isArray(given.groups)) return given;
  return { ...given, groups: new Set(given.groups) };
}

function jsonInteger(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function pretty(decision: DecisionRecord): string {
  const lines = [
    `decision  ${decision.outcome}${decision.sqlstate === undefined ? "" : ` (SQLSTATE ${decision.sqlstate})`}`,
  ];
  for (const { message, rule, hint } of decision.reasons) {
    lines.push(`reason    ${message}${rule === undefined ? "" : `  [${rule}]`}`);
    if (hint !== undefined) lines.push(`hint      ${hint}`);
  }
  for (const [path, { name, args, rules }] of Object.entries(decision.masks)) {
    lines.push(
      `mask      ${path} with ${name}(${args.map((arg) => (typeof arg === "string" ? JSON.stringify(arg) : String(arg))).join(", ")})  [${rules.join(", ")}]`,
    );
  }
  for (const [path, { where, rules }] of Object.entries(decision.filters)) {
    for (const condition of where) lines.push(`filter    ${path} where ${condition}  [${rules.join(", ")}]`);
  }
  for (const { groups, for_ms, message, rule } of decision.approvals) {
    const duration = for_ms === undefined ? "" : ` for ${for_ms / 1000} s`;
    const why = message === undefined ? "" : `: ${message}`;
    lines.push(`approval  by ${groups.join(" or ")}${duration}${why}  [${rule}]`);
  }
  for (const { channel, message, rule } of decision.notifications) {
    lines.push(`notify    ${channel}${message === undefined ? "" : `: ${message}`}  [${rule}]`);
  }
  const { rows, duration_ms, bytes } = decision.limits;
  if (rows !== undefined) lines.push(`limit     ${rows} rows`);
  if (duration_ms !== undefined) lines.push(`limit     ${duration_ms / 1000} s`);
  if (bytes !== undefined) lines.push(`limit     ${bytes} bytes`);
  for (const { rule, message } of decision.errors) lines.push(`error     ${message}  [${rule}]`);
  if (decision.rules.length > 0) lines.push(`rules     ${decision.rules.join(", ")}`);
  for (const { kind, tables, columns } of decision.statements) {
    lines.push(
      `facts     ${kind} on ${tables.join(", ") || "no table"}${columns.length === 0 ? "" : `; columns ${columns.join(", ")}`}`,
    );
  }
  if (decision.sql !== undefined) lines.push(`sql       ${decision.sql}`);
  return lines.join("\n");
}
