/** One person's session in the tour, whatever the server. */
import type { TourStep } from "./tour-steps.ts";

export type Answer =
  | {
      readonly kind: "rows";
      readonly columns: readonly string[];
      /** Values as the server printed them; `null` for NULL. All rows. */
      readonly rows: readonly (readonly (string | null)[])[];
    }
  /** Such as `UPDATE 24`. */
  | { readonly kind: "done"; readonly tag: string }
  | {
      readonly kind: "refused";
      readonly message: string;
      readonly sqlstate: string;
      /** As `penstock.agents:17`; empty where no rule is named. */
      readonly rule: string;
    };

export interface TourSession {
  /** Never throws for what the server or the proxy refuses. */
  readonly ask: (sql: string) => Promise<Answer>;
  readonly end: () => Promise<void>;
}

/** Asks one question; what it writes is rolled back. */
export async function askStep(session: TourSession, sql: string, { writes }: TourStep): Promise<Answer> {
  if (writes !== true) return session.ask(sql);
  await session.ask("begin");
  try {
    return await session.ask(sql);
  } finally {
    await session.ask("rollback");
  }
}
