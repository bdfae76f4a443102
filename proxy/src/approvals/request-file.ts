/**
 * The files of `approvals.folder`: `ID.request.json`, which the proxy writes, `ID.ANYTHING.answer.json`, which it takes, and
 * `ID.ANYTHING.outcome.json`, what became of that answer.
 */
import { randomBytes } from "node:crypto";
import { chownSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { escapeJsonLine } from "../audit/escape.ts";
import type { Answer, AnswerOutcome, ShownRequest } from "./approver.ts";
import { actsFor } from "./digest.ts";

const requestSchema = z.object({
  id: z.string(),
  /** Ids: of the principal, then of those for whom it acts. */
  principal: z.object({ id: z.string(), kind: z.string(), acts_for: z.array(z.string()) }),
  target: z.string(),
  database: z.string(),
  search_path: z.array(z.string()),
  statement: z.string(),
  /** What the statement runs by name. */
  runs: z.array(z.string()),
  parameters: z.array(z.string().nullable()),
  needs: z.array(
    z.object({
      groups: z.array(z.string()),
      for_ms: z.number().optional(),
      because: z.string().optional(),
      met_by: z.string().optional(),
    }),
  ),
  asked_at: z.string(),
  expires_at: z.string(),
  digest: z.string(),
});

export type RequestFile = z.output<typeof requestSchema>;

const answerSchema = z.strictObject({
  request: z.string(),
  digest: z.string(),
  by: z.string().min(1),
  answer: z.enum(["approve", "deny"]),
  because: z.string().max(1000).optional(),
});

const outcomeSchema = z.object({ counted: z.boolean(), message: z.string() });

/** Enough for any answer. */
export const answerBytesMax = 16 * 1024;

const requestEnding = ".request.json";
const answerEnding = ".answer.json";
const outcomeEnding = ".outcome.json";

export function requestPath(folder: string, id: string): string {
  return join(folder, `${id}${requestEnding}`);
}

export function isRequestName(name: string): boolean {
  return name.endsWith(requestEnding);
}

export function isAnswerName(name: string): boolean {
  return name.endsWith(answerEnding);
}

/** The request that a file belongs to by its name. */
export function requestOf(name: string): string {
  return name.slice(0, Math.max(name.indexOf("."), 0));
}

export function outcomePath(answerPath: string): string {
  return `${answerPath.slice(0, -answerEnding.length)}${outcomeEnding}`;
}

export function writeRequest(folder: string, request: ShownRequest): void {
  const [id = "", ...actsForIds] = actsFor(request.principal);
  const [statement = "", ...runs] = request.texts;
  const file: RequestFile = {
    id: request.id,
    principal: { id, kind: request.principal.kind, acts_for: actsForIds },
    target: request.target,
    database: request.database,
    search_path: [...request.searchPath],
    statement,
    runs,
    parameters: [...request.parameters],
    needs: request.needs.map(({ groups, forMs, because, metBy }) => ({
      groups: [...groups],
      ...(forMs === undefined ? {} : { for_ms: forMs }),
      ...(because === undefined ? {} : { because }),
      ...(metBy === undefined ? {} : { met_by: metBy }),
    })),
    asked_at: new Date(request.askedAtMs).toISOString(),
    expires_at: new Date(request.expiresAtMs).toISOString(),
    digest: request.digest,
  };
  writeWhole(requestPath(folder, request.id), file);
}

export function readRequest(path: string): RequestFile {
  return requestSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

/** @returns the path of the answer */
export function writeAnswer(folder: string, answer: Answer): string {
  const path = join(folder, `${answer.request}.${randomBytes(6).toString("hex")}${answerEnding}`);
  writeWhole(path, answer);
  return path;
}

/** Throws for whatever is no answer. */
export function parseAnswer(text: string): Answer {
  const { because, ...answer } = answerSchema.parse(JSON.parse(text));
  return { ...answer, because };
}

export function writeOutcome(path: string, { isCounted, message }: AnswerOutcome): void {
  writeWhole(path, { counted: isCounted, message });
}

export function readOutcome(path: string): AnswerOutcome {
  const { counted, message } = outcomeSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  return { isCounted: counted, message };
}

/** Nobody else may read it, and nobody ever reads half of it. Statements are escaped for whoever looks at the file on a terminal. */
function writeWhole(path: string, content: object): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  const text = JSON.stringify(content, undefined, 2).split("\n").map(escapeJsonLine).join("\n");
  try {
    writeFileSync(temporary, `${text}\n`, { mode: 0o600, flag: "wx" });
    // Root answers for the proxy's account, which could not read the file otherwise.
    const { uid, gid } = statSync(dirname(path));
    if (process.getuid?.() === 0) chownSync(temporary, uid, gid);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
