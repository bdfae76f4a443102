import type { StatementFacts } from "../sql/facts.ts";

interface GuardedSetting {
  readonly permits: (value: string) => boolean;
  /** DEFAULT is not what sessions begin with. */
  readonly changesByDefault?: true;
  readonly reason: string;
  readonly hint: string;
}

export interface GuardedChange {
  readonly variable: string;
  readonly reason: string;
  readonly hint: string;
}

const role: GuardedSetting = {
  permits: () => false,
  reason: "it would change whom the database takes this session for",
  hint: "connect as the principal that may do it",
};
const printed: GuardedSetting = {
  permits: (value) => /^(?:off|of|false|fals|fal|fa|f|no|n|0)$/i.test(value),
  reason: "it would show statements as they were rewritten",
  hint: "leave it off",
};

/** MySQL's switches; `optimizer_trace` is a list of them. */
const traced: GuardedSetting = {
  permits: (value) => /^(?:off|0|false|enabled=off)$/i.test(value),
  reason: "it would show statements as they were rewritten",
  hint: "leave it off",
};

/** The server finds temporary tables by the numbers of the session and its own: with others it would mean the tables that those hide. */
const numbered: GuardedSetting = {
  permits: () => false,
  changesByDefault: true,
  reason: "it would change which temporary tables the session has",
  hint: "leave it as it is",
};

/**
 * Settings that nobody changes from whom something is hidden. `row_security` is not here: off makes queries fail that a row policy would
 * filter, it reveals nothing, and pg_dump sets it.
 */
const guarded: ReadonlyMap<string, GuardedSetting> = new Map([
  ["role", role],
  ["session_authorization", role],
  [
    "session_replication_role",
    {
      permits: (value) => /^origin$/i.test(value),
      reason: "it would switch triggers and foreign keys off",
      hint: "ask an operator to do it at the server",
    },
  ],
  ["debug_print_parse", printed],
  ["debug_print_raw_parse", printed],
  ["debug_print_rewritten", printed],
  ["debug_print_plan", printed],
  ["default_role", role],
  [
    "max_join_size",
    {
      permits: (value) => Number(value) >= 1_000_000,
      reason: "a statement would fail or not by how many rows there are",
      hint: "use 1000000 or more",
    },
  ],
  ["optimizer_trace", traced],
  ["profiling", traced],
  ["pseudo_thread_id", numbered],
  ["server_id", numbered],
  ["debug", traced],
  ["debug_dbug", traced],
]);

/** Of MySQL, variables of the whole server: among them are logs of statements and what runs when anybody connects. */
const ofServer: GuardedSetting = {
  permits: () => false,
  reason: "it is a setting of the whole server",
  hint: "ask an operator to do it at the server",
};

const computed: GuardedChange = {
  variable: "what set_config() computes",
  reason: "which setting it changes cannot be told from the statement",
  hint: "write the setting's name as a constant, one set_config() a statement",
};

/** What a statement does to such a setting; `undefined` where it is none, or gets the value that sessions begin with. */
export function guardedChange({ kind, session }: StatementFacts): GuardedChange | undefined {
  if (session?.kind === "set_any") return computed;
  if (session?.kind !== "set" || kind === "reset") return undefined;
  for (const { variable, values } of [session, ...(session.others ?? [])]) {
    const setting = variable.startsWith("@@") ? ofServer : guarded.get(variable);
    // SET … TO DEFAULT is RESET by another name.
    if (setting === undefined || (values === undefined && kind === "set" && setting.changesByDefault === undefined))
      continue;
    const [value] = values ?? [];
    if (value !== undefined && values?.length === 1 && setting.permits(value)) continue;
    return { variable, reason: setting.reason, hint: setting.hint };
  }
  return undefined;
}
