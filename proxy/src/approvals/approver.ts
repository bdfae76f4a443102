import type { Principal } from "@penstock/engine";

/** A statement that waits, as people see it. */
export interface ShownRequest {
  readonly id: string;
  readonly digest: string;
  readonly principal: Principal;
  readonly target: string;
  readonly database: string;
  readonly searchPath: readonly string[];
  readonly texts: readonly string[];
  /** Text, `null` for NULL; what is binary as `\x…`. */
  readonly parameters: readonly (string | null)[];
  readonly needs: readonly ShownNeed[];
  readonly askedAtMs: number;
  readonly expiresAtMs: number;
}

interface ShownNeed {
  readonly groups: readonly string[];
  readonly forMs: number | undefined;
  readonly because: string | undefined;
  /** Principal id of who has said yes. */
  readonly metBy: string | undefined;
}

/** What somebody says of a request. Nothing in it is believed unchecked. */
export interface Answer {
  readonly request: string;
  /** Of the statement that they have seen. */
  readonly digest: string;
  /** Name of a user. */
  readonly by: string;
  readonly answer: "approve" | "deny";
  readonly because: string | undefined;
}

export interface AnswerOutcome {
  readonly isCounted: boolean;
  /** For whoever answered. */
  readonly message: string;
}

/** How people are asked, and how they answer. */
export interface Approver {
  /** From now on answers go there; a call a answer. */
  start(answered: (answer: Answer) => AnswerOutcome): void;
  close(): void;
  /** Shows a request, or what has become of it. Throws when it cannot. */
  show(request: ShownRequest): void;
  /** The request waits no longer. */
  remove(id: string): void;
  /** What an approver has to do, for the client. */
  howTo(id: string): string;
}

/** Whose answers count. */
export interface People {
  /** Who a user is now; `undefined` for nobody. */
  person(name: string): Principal | undefined;
}
