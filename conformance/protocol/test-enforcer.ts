/**
 * An enforcer for tests of the protocol alone: it forwards everything, denies and rewrites by words of the text, and knows of a
 * statement what its first words say. Statements are split at `;`, so texts must not hold one elsewhere.
 */
import type {
  Enforcer,
  Notification,
  StatementFacts,
  StatementLimits,
  StatementVerdict,
  Verdict,
} from "@penstock/engine";

type Session = StatementFacts["session"];

export interface TestEnforcerOptions {
  readonly revision?: string;
  /** A text with this word is denied. */
  readonly deniedWord?: string;
  /** Replaced in each text that is forwarded. */
  readonly rewrite?: readonly [from: string, to: string];
  readonly limits?: Partial<StatementLimits>;
  readonly notifications?: readonly Notification[];
  readonly forbiddenOrigins?: ReadonlySet<number>;
  readonly readsParameters?: boolean;
  readonly readsTime?: boolean;
  /** Called for each decision; a returned message denies. */
  readonly onDecide?: (
    text: string,
    parameters: readonly (string | null | undefined)[] | undefined,
    searchPath: readonly string[],
  ) => string | undefined;
}

export function testEnforcer(options: TestEnforcerOptions = {}): Enforcer {
  const { deniedWord = "forbidden", rewrite } = options;
  const cache = new Map<string, Verdict>();
  return {
    revision: options.revision ?? "test",
    decisions: { text: 0, template: 0, none: 0 },
    decide(text, _who, names, _catalog, parameters) {
      const refusal = options.onDecide?.(text, parameters, names.searchPath);
      if (refusal === undefined && options.onDecide === undefined) {
        const cached = cache.get(text);
        if (cached !== undefined) return cached;
      }
      const verdict = decide(text, refusal);
      cache.set(text, verdict);
      return verdict;
    },
    outdatedNames: () => [],
    labelledOrigins: () => new Set(),
    hiddenRelations: () => new Set(),
  };

  function decide(text: string, refusal: string | undefined): Verdict {
    const message = refusal ?? (text.includes(deniedWord) ? "the word is not permitted" : undefined);
    const reads = { parameters: options.readsParameters ?? false, time: options.readsTime ?? false };
    const statements = split(text).map((part) => statementOf(part, options, message !== undefined));
    if (message !== undefined) {
      const rule = { package: "test", file: "test.policy", line: 7 };
      const reason = { message, rule, code: "word", hint: "leave the word out" };
      return { action: "deny", sqlstate: "42501", reason, position: undefined, statements, reads };
    }
    const rewritten = rewrite === undefined ? text : text.replaceAll(rewrite[0], rewrite[1]);
    return { action: "forward", text: rewritten, rewritten: rewritten !== text, statements, reads };
  }
}

function split(text: string): { readonly text: string; readonly start: number; readonly end: number }[] {
  const parts = [];
  let start = 0;
  for (const part of text.split(";")) {
    const end = start + Buffer.byteLength(part);
    if (part.trim() !== "") parts.push({ text: part, start, end });
    start = end + 1;
  }
  return parts;
}

function statementOf(
  part: { readonly text: string; readonly start: number; readonly end: number },
  options: TestEnforcerOptions,
  isDenied: boolean,
): StatementVerdict {
  const text = part.text.trim();
  const described = describe(text);
  return {
    facts: {
      start: part.start,
      end: part.end,
      kind: described.kind,
      category: described.category,
      tables: [],
      columns: [],
      outputs: [],
      functions: [],
      hasWhere: false,
      whereIsConstant: false,
      limit: undefined,
      joins: 0,
      opaque: [],
      unknown: [],
      inner: undefined,
      session: described.session,
      reveals: [],
      serverCopy: undefined,
    },
    decision: {
      outcome: isDenied ? "deny" : "allow",
      reasons: [],
      masks: new Map(),
      filters: new Map(),
      inlined: new Map(),
      approvals: [],
      notifications: options.notifications ?? [],
      limits: { rows: undefined, durationMs: undefined, bytes: undefined },
      rules: [],
      errors: [],
    },
    fingerprint: "",
    limits: { rows: undefined, durationMs: undefined, bytes: undefined, ...options.limits },
    forbiddenOrigins: options.forbiddenOrigins ?? new Set(),
    tokens: undefined,
    auditFields: `"text":${JSON.stringify(text)},"decision":"${isDenied ? "deny" : "allow"}"`,
  };
}

interface Described {
  readonly kind: StatementFacts["kind"];
  readonly category: StatementFacts["category"];
  readonly session: Session;
}

const session = (kind: StatementFacts["kind"], effect: Session): Described => ({
  kind,
  category: "session",
  session: effect,
});

function describe(text: string): Described {
  const words = text.toLowerCase().split(/[\s(]+/);
  const [first = "", second = ""] = words;
  switch (first) {
    case "set": {
      const match = /^set\s+(?:session\s+|local\s+)?(\w+)(?:\s*=\s*|\s+to\s+|\s+)(.+)$/is.exec(text);
      const values = match?.[2]?.split(",").map((value) => value.trim().replace(/^['"](.*)['"]$/, "$1"));
      return session("set", { kind: "set", variable: match?.[1]?.toLowerCase() ?? "", values, local: false });
    }
    case "reset":
      return session("reset", { kind: "set", variable: second, values: undefined, local: false });
    case "prepare":
    case "execute":
      return session(first, { kind: first, name: second });
    case "deallocate":
      return session(first, { kind: first, name: second === "all" ? undefined : second });
    case "declare":
      return session(first, { kind: first, name: second });
    case "fetch":
      return session(first, { kind: first, name: words.at(-1) });
    case "close":
      return session(first, { kind: first, name: second === "all" ? undefined : second });
    case "begin":
    case "commit":
    case "rollback":
      return { kind: first, category: "transaction", session: { kind: first, chain: false } };
    case "do":
      return { kind: "do", category: "opaque", session: { kind: "schema_change" } };
    case "show":
      return { kind: "show", category: "read", session: undefined };
    case "copy":
      return { kind: words.includes("from") ? "copy_from" : "copy_to", category: "write", session: undefined };
    default:
      return { kind: "select", category: "read", session: undefined };
  }
}
