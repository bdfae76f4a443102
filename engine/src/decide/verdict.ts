import type {
  ApproveVerdict,
  DenyVerdict,
  ForwardVerdict,
  StatementVerdict,
  Verdict,
  VerdictReads,
} from "../enforcer.ts";
import type { SessionEffect, UnknownName } from "../sql/facts.ts";
import type { Protection } from "../sql/protection.ts";
import type { StatementPlan, TokenOutputs } from "../sql/rewriting.ts";
import type { RefusedText } from "../sql/sql-dialect.ts";
import { auditFields } from "./audit-fields.ts";
import { type Decision, noLimits, type Reason } from "./decision.ts";
import type { PreparedText } from "./prepared-text.ts";
import { rewritePrepared } from "./rewrite-prepared.ts";
import type { SubjectMasks } from "./subject-masks.ts";
import { tokenResult } from "./token-result.ts";
import type { World } from "./world.ts";

/** From decisions to what goes over the wire. One statement denied, the whole text denied: none of it runs. */
export function verdictOf(
  world: World,
  text: string,
  prepared: PreparedText,
  decisions: readonly Decision[],
  subject: SubjectMasks,
  reads: VerdictReads = readsNothing,
): Verdict {
  const deny = (sqlstate: string, reason: Reason, position: number | undefined, statements: StatementVerdict[]) =>
    denial(sqlstate, reason, position, statements, reads);
  const denied = decisions.findIndex((decision) => decision.outcome === "deny");
  const first = decisions[denied]?.reasons[0];
  if (first !== undefined) {
    return deny("42501", first, undefined, statementVerdicts(world, prepared, allDenied(decisions, denied), undefined));
  }
  const unknown = firstUnknownRelation(prepared);
  if (unknown !== undefined) {
    return deny(
      unknown.what === "schema" ? "3F000" : "42P01",
      unknownReason(world.dialect.unknownName(unknown, prepared.names), unknown),
      characterPosition(text, unknown.position),
      statementVerdicts(world, prepared, decisions, undefined),
    );
  }
  const rewrite = rewritePrepared(world, text, prepared, plansOf(world, prepared, decisions, subject));
  switch (rewrite.kind) {
    case "denied": {
      const reason: Reason = {
        message: rewrite.reason,
        rule: firstRule(decisions[rewrite.statement]),
        code: "rewrite",
        hint: rewrite.hint,
      };
      const decided = decisions.map(
        (decision, index): Decision =>
          index === rewrite.statement ? { ...decision, outcome: "deny", reasons: [reason] } : decision,
      );
      const verdicts = statementVerdicts(world, prepared, allDenied(decided, rewrite.statement), undefined);
      return deny("42501", reason, undefined, verdicts);
    }
    case "unchanged":
      return orApprove(world, prepared, decisions, {
        action: "forward",
        text,
        rewritten: false,
        statements: statementVerdicts(world, prepared, decisions.map(approved), undefined),
        reads,
      });
    case "rewritten":
      return orApprove(world, prepared, decisions, {
        action: "forward",
        text: rewrite.text,
        rewritten: true,
        mapPosition: rewrite.mapPosition,
        statements: statementVerdicts(world, prepared, decisions.map(approved), rewrite.text, rewrite.tokens),
        reads,
      });
    default:
      return rewrite satisfies never;
  }
}

/** The decision as it is when everybody who has to has said yes. */
function approved(decision: Decision): Decision {
  return decision.outcome === "approve" ? { ...decision, outcome: "allow", reasons: [] } : decision;
}

/** Asks, where a statement of the text needs it. All of it waits: one text runs as a whole. */
function orApprove(
  world: World,
  prepared: PreparedText,
  decisions: readonly Decision[],
  forward: ForwardVerdict,
): ForwardVerdict | ApproveVerdict {
  const asking = decisions.findIndex((decision) => decision.outcome === "approve");
  const reason = decisions[asking]?.reasons[0];
  if (reason === undefined) return forward;
  const statements = statementVerdicts(world, prepared, allDenied(decisions, asking), undefined);
  return { action: "approve", approved: forward, sqlstate: "42501", reason, statements, reads: forward.reads };
}

/** The statements that were sent together with a denied one do not run either: their records say so. */
function allDenied(decisions: readonly Decision[], denied: number): readonly Decision[] {
  const together: Reason = {
    message: `statement ${denied + 1} of the same text ${decisions[denied]?.outcome === "approve" ? "needs approval" : "is denied"}, so none of them runs`,
    rule: undefined,
    code: "together",
    hint: undefined,
  };
  return decisions.map((decision) =>
    decision.outcome !== "allow" ? decision : { ...decision, outcome: "deny", reasons: [together] },
  );
}

/** A text that could not be read at all. */
export function refusedVerdict(refused: RefusedText): DenyVerdict {
  if (refused.kind === "syntax_error") {
    const { hint, detail } = refused.advice;
    const reason: Reason = { message: refused.message, rule: undefined, code: "syntax", hint, detail };
    return denial(refused.sqlstate, reason, refused.position, [], readsNothing);
  }
  const reason: Reason = { message: refused.message, rule: undefined, code: refused.limit, hint: undefined };
  return denial("54000", reason, undefined, [], readsNothing);
}

/** Whatever goes wrong on the way to a decision denies; the message shows nothing of the statement's values. */
export function failedVerdict(error: unknown): DenyVerdict {
  const reason: Reason = {
    message: "the statement could not be decided, so it is refused",
    rule: undefined,
    code: "internal",
    hint: "this is a fault of the proxy: report the statement's shape to its operator",
  };
  return { ...denial("XX000", reason, undefined, [], readsNothing), cause: error };
}

const readsNothing: VerdictReads = { parameters: false, time: false };

function denial(
  sqlstate: string,
  reason: Reason,
  position: number | undefined,
  statements: readonly StatementVerdict[],
  reads: VerdictReads,
): DenyVerdict {
  return { action: "deny", sqlstate, reason, position, statements, reads };
}

function plansOf(
  world: World,
  { prepared, names }: PreparedText,
  decisions: readonly Decision[],
  subject: SubjectMasks,
): StatementPlan[] {
  const changer = prepared.findIndex(({ facts }) => facts.session !== undefined && !keepPath.has(facts.session.kind));
  return decisions.map((decision, index) => {
    const searchPath = changer >= 0 && changer < index ? undefined : names.searchPath;
    const shared = (prepared[index]?.relations ?? []).filter((relation) => world.hasNamesake(relation));
    const namesakes =
      shared.length === 0
        ? noNames
        : new Set(
            shared
              .filter((relation) => subject.hidden.names.has(relation.name) || world.hasNamesake(relation, searchPath))
              .map(({ name }) => name),
          );
    const { functions = [], reveals = [] } = prepared[index]?.facts ?? {};
    const asksForSizes =
      reveals.some(({ what }) => what === "sizes") ||
      functions.some(({ name }) => world.dialect.system.tellsSize(name));
    return {
      protections: protectionsOf(decision),
      inlined: decision.inlined,
      rowLimit: decision.limits.rows?.value,
      namesakes,
      hidesSizes: asksForSizes && (decision.filters.size > 0 || subject.hidden.areFiltered),
    };
  });
}

/** What leaves the search_path as it was for the statements behind it. */
const keepPath: ReadonlySet<SessionEffect["kind"]> = new Set([
  "prepare",
  "deallocate",
  "declare",
  "close",
  "begin",
  "savepoint",
  "release",
]);

function protectionsOf({ masks, filters }: Decision): ReadonlyMap<string, Protection> {
  if (masks.size === 0 && filters.size === 0) return nothingProtected;
  const protections = new Map<string, Protection>();
  for (const [path, relationMasks] of masks) protections.set(path, { ...relationMasks, filter: filters.get(path) });
  for (const [path, filter] of filters) {
    if (!protections.has(path)) protections.set(path, { relation: filter.relation, columns: new Map(), filter });
  }
  return protections;
}

const nothingProtected: ReadonlyMap<string, Protection> = new Map();

const noNames: ReadonlySet<string> = new Set();

function statementVerdicts(
  world: World,
  prepared: PreparedText,
  decisions: readonly Decision[],
  rewritten: string | undefined,
  tokens: ReadonlyMap<number, TokenOutputs> = noTokens,
): StatementVerdict[] {
  return decisions.map((decision, index) => {
    const { facts } = prepared.prepared[index] ?? missing();
    const fingerprint = prepared.fingerprints[index] ?? "";
    return {
      facts,
      decision,
      fingerprint,
      limits: limitValues(decision),
      forbiddenOrigins: originsOf(decision),
      tokens: tokenResult(world, tokens.get(index)),
      auditFields: auditFields(
        world,
        facts,
        decision,
        prepared.slices[index] ?? "",
        fingerprint,
        rewritten,
        prepared.names,
      ),
    };
  });
}

const noTokens: ReadonlyMap<number, TokenOutputs> = new Map();

function limitValues({ limits }: Decision): StatementVerdict["limits"] {
  if (limits === noLimits) return unlimited;
  return { rows: limits.rows?.value, durationMs: limits.durationMs?.value, bytes: limits.bytes?.value };
}

const unlimited: StatementVerdict["limits"] = { rows: undefined, durationMs: undefined, bytes: undefined };

function originsOf({ masks }: Decision): ReadonlySet<number> {
  if (masks.size === 0) return noOrigins;
  const origins = new Set<number>();
  for (const { relation, columns } of masks.values()) {
    for (const attnum of columns.keys()) origins.add(relation.oid * 65_536 + attnum);
  }
  return origins;
}

const noOrigins: ReadonlySet<number> = new Set();

/** Only where a relation is read or written: what DDL names, the server may judge. */
function firstUnknownRelation({ prepared }: PreparedText): UnknownName | undefined {
  for (const { facts } of prepared) {
    if (facts.category !== "read" && facts.category !== "write" && facts.inner === undefined) continue;
    const unknown =
      facts.unknown.find(({ what }) => what === "relation") ?? facts.unknown.find(({ what }) => what === "schema");
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}

function unknownReason(message: string, { advice }: UnknownName): Reason {
  return { message, rule: undefined, code: "unknown_relation", hint: advice?.hint, detail: advice?.detail };
}

/** From a UTF-8 byte offset to PostgreSQL's error position: characters (code points) from 1. */
function characterPosition(text: string, byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  const before = Buffer.from(text, "utf8").subarray(0, byte).toString("utf8");
  return [...before].length + 1;
}

function firstRule(decision: Decision | undefined): Reason["rule"] {
  for (const { rules } of decision?.filters.values() ?? []) return rules[0];
  for (const { columns } of decision?.masks.values() ?? []) {
    for (const { rules } of columns.values()) return rules[0];
  }
  return decision?.limits.rows?.rule;
}

function missing(): never {
  throw new Error("a decision without its statement");
}
