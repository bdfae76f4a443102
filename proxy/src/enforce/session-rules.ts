/**
 * What a session may not do to itself, whatever the policies say, because what the proxy knows of it would be wrong afterwards.
 * One table; each refusal says why. What only those may not from whom something is hidden, the engine refuses. `ALTER ROLE … SET` is for
 * policies: it concerns later sessions, which start held to the same.
 */
import type { StatementFacts } from "@penstock/engine";
import { isUtf8 } from "../postgres/startup-parameters.ts";

export interface Refusal {
  readonly sqlstate: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** For the audit record. */
  readonly code: string;
  /** Its message has words that policies have made of anything: a record that is redacted leaves it out. */
  readonly isComputed?: true;
}

interface SettingRule {
  readonly permits: (value: string) => boolean;
  readonly reason: string;
  readonly hint: string;
}

const isOn = (value: string) => /^(?:on|true|tru|tr|t|yes|ye|y|1)$/i.test(value);

const guarded: Readonly<Record<string, SettingRule>> = {
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
};

/** The reason to refuse a statement for what it does to the session. */
export function sessionRefusal(facts: StatementFacts): Refusal | undefined {
  const { session } = facts;
  // To the value that the session began with, which the proxy has chosen or seen.
  if (facts.kind === "reset") return undefined;
  if (session?.kind === "set" && Object.hasOwn(guarded, session.variable)) {
    const rule = guarded[session.variable]!;
    const [value] = session.values ?? [];
    if (session.values === undefined && facts.kind === "set") {
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
  if (sets && session?.kind !== "set" && session?.kind !== "set_any") {
    return {
      sqlstate: "42501",
      message: "set_config() is not permitted here: what it changes would be known only when the statement inside runs",
      hint: "call it in a statement of its own",
      code: "session_setting",
    };
  }
  return undefined;
}
