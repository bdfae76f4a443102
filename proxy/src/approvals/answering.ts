/** Answers of people, by whatever way they come: who they are is known, whether they may answer is looked at here, and the store counts. */
import type { Principal } from "@penstock/engine";
import type { Answered, AnswerOutcome, Terms } from "../store/answers.ts";
import type { StoredNeed, StoredRequest } from "../store/requests.ts";
import type { Store } from "../store/store.ts";
import { isOfAny, whyNotEligible } from "./eligible.ts";
import type { ApprovalRules } from "./rules.ts";

export interface PersonsAnswer {
  readonly request: string;
  /** Of the statement that they have seen; left out by whoever was shown it a moment ago. */
  readonly digest?: string | undefined;
  /** The name that they gave, and who that is; `undefined` for nobody. */
  readonly user: string;
  readonly person: Principal | undefined;
  readonly proof: "password" | "account" | "token" | "slack";
  readonly says: "approve" | "deny";
  readonly because: string | undefined;
  readonly terms?: Partial<Terms>;
}

export interface AnsweringOptions {
  readonly store: Store;
  readonly rules: ApprovalRules;
  /** See `limits.approvalUnusedMs`. */
  readonly unusedMs: number;
}

const ordinaryTerms: Terms = { forMs: undefined, uses: undefined, isAlike: false };

/** @throws {StoreError} */
export async function answerRequest(
  { store, rules, unusedMs }: AnsweringOptions,
  given: PersonsAnswer,
): Promise<Answered> {
  const { person, terms, ...answer } = given;
  const request = await store.request(given.request);
  return store.answer({
    ...answer,
    digest: given.digest ?? request?.digest ?? "",
    by: person?.id,
    needs: request === undefined ? [] : needsOf(request, given, rules),
    terms: { ...ordinaryTerms, ...terms },
    singleMs: unusedMs,
  });
}

/** Keys of the needs that the person may meet, or why the answer does not count. */
function needsOf(
  { asked, fingerprint }: StoredRequest,
  { person, user, says, because, terms }: PersonsAnswer,
  rules: ApprovalRules,
): readonly string[] | { readonly refused: string } {
  if (person === undefined) return { refused: `there is no user ${JSON.stringify(user)}` };
  const ids = [asked.principal.id, ...asked.principal.actsFor];
  const refused = whyNotEligible(person, { ids, groups: asked.needs.map(({ groups }) => groups) });
  if (refused !== undefined) return { refused };
  if (says === "deny") return [];
  if (rules.needsReason && (because ?? "").trim() === "") return { refused: "a yes needs a reason here" };
  const mine = asked.needs.filter(({ groups }) => isOfAny(person, groups));
  return whyNotOnTerms(mine, fingerprint, terms) ?? mine.map(({ key }) => key);
}

/** A yes may give less than its rule says, and never more. */
function whyNotOnTerms(
  needs: readonly StoredNeed[],
  fingerprint: string | undefined,
  { forMs, uses, isAlike = false }: Partial<Terms> = {},
): { readonly refused: string } | undefined {
  const asksForTime = isAlike || forMs !== undefined || uses !== undefined;
  const timed = needs.filter((need) => need.forMs !== undefined);
  if (asksForTime && timed.length === 0)
    return { refused: "the rule gives a yes no time: it is for this one run, and nothing else" };
  if (timed.some((need) => forMs !== undefined && forMs > (need.forMs ?? 0)))
    return { refused: "a yes cannot hold for longer than its rule says" };
  if (isAlike && fingerprint === undefined) {
    return { refused: "no other statement can be told to be like this one for sure: a yes is for it as it stands" };
  }
  return undefined;
}

export function isCounted({ outcome }: Answered): boolean {
  return outcome.kind === "approved" || outcome.kind === "partly" || outcome.kind === "denied";
}

/** For whoever answered, and for the record. */
export function printOutcome(outcome: AnswerOutcome): string {
  switch (outcome.kind) {
    case "refused":
      return outcome.why;
    case "gone":
      return goneBecause[outcome.state ?? ""] ?? "there is no such request: it was answered, cancelled or has expired";
    case "other_statement":
      return "the answer is for another statement: its digest differs";
    case "met_already":
      return "somebody has said yes for those groups already";
    case "denied":
      return "denied: the statement is refused";
    case "partly":
      return `counted; it still waits for somebody of ${outcome.open.map((groups) => groups.join(" or ")).join(", and of ")}`;
    case "approved":
      return outcome.held
        ? "approved: the statement is decided once more and goes on"
        : "approved: the statement passes when it is sent again";
    default:
      return outcome satisfies never;
  }
}

const goneBecause: Readonly<Record<string, string>> = {
  expired: "the request has expired",
  approved: "the request was approved already",
  denied: "the request was denied already",
  cancelled: "the request was cancelled by whoever sent the statement",
  withdrawn: "the request was withdrawn: nobody waits for it",
};
