/**
 * What a session may not do to itself, whatever the policies say, because what the proxy knows of it would be wrong afterwards.
 * One table; each refusal says why. `ALTER ROLE … SET` is for policies: it concerns later sessions, which start held to the same.
 */
import type { StatementFacts } from "@penstock/engine";
import { isUtf8 } from "../postgres/startup-parameters.ts";

export interface Refusal {
  readonly sqlstate: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** For the audit record. */
  readonly code: string;
}

interface SettingRule {
  readonly permits: (value: string) => boolean;
  readonly reason: string;
  readonly hint: string;
}

const role: SettingRule = {
  permits: () => false,
  reason: "it would change whom the database takes this session for",
  hint: "connect as the principal that may do it",
};
const isOff = (value: string) => /^(?:off|of|false|fals|fal|fa|f|no|n|0)$/i.test(value);
const isOn = (value: string) => /^(?:on|true|tru|tr|t|yes|ye|y|1)$/i.test(value);
const printed: SettingRule = {
  permits: isOff,
  reason: "it would show statements as they were rewritten",
  hint: "leave it off",
};

/**
 * `row_security` is not here: off makes queries fail that a row policy would filter, it reveals nothing, and pg_dump sets it.
 */
const guarded: Readonly<Record<string, SettingRule>> = {
  role,
  session_authorization: role,
  session_replication_role: {
    permits: (value) => /^origin$/i.test(value),
    reason: "it would switch triggers and foreign keys off",
    hint: "ask an operator to do it at the server",
  },
  client_encoding: {
    permits: isUtf8,
    reason: "statements are checked as UTF-8",
    hint: "use client_encoding UTF8",
  },
  standard_conforming_strings: {
    permits: isOn,
    reason: "string literals would be read in another way than they were checked",
    hint: "leave it on, and write E'…' for literals with backslash escapes",
  },
  debug_print_parse: printed,
  debug_print_raw_parse: printed,
  debug_print_rewritten: printed,
  debug_print_plan: printed,
};

/** The reason to refuse a statement for what it does to the session. */
export function sessionRefusal(facts: StatementFacts): Refusal | undefined {
  const { session } = facts;
  // To the value that the session began with, which the proxy has chosen or seen.
  if (facts.kind === "reset") return undefined;
  if (session?.kind === "set" && Object.hasOwn(guarded, session.variable)) {
    const rule = guarded[session.variable]!;
    const [value] = session.values ?? [];
    if (session.values === undefined && facts.kind === "set" && session.variable !== "role") {
      // SET … TO DEFAULT is RESET by another name.
      return undefined;
    }
    if (value === undefined || session.values?.length !== 1 || !rule.permits(value)) {
      return {
        sqlstate: "42501",
        message: `setting ${session.variable} is not permitted: ${rule.reason}`,
        hint: rule.hint,
        code: "session_setting",
      };
    }
  }
  // What a body sets is asked for afterwards, as after any code of users' own.
  const sets = facts.functions.some(
    ({ builtin, name, isInBody }) => builtin && name === "set_config" && isInBody !== true,
  );
  if (sets && session?.kind !== "set") {
    return {
      sqlstate: "42501",
      message: "set_config() is not permitted here: which setting it changes cannot be told from the statement",
      hint: "write the setting's name as a constant, one set_config() a statement",
      code: "session_setting",
    };
  }
  return undefined;
}
