/** Who answers in the tests: as any way does for whom it knows who answers. */
import { setTimeout as sleep } from "node:timers/promises";
import { answerRequest, isCounted, type PersonsAnswer, printOutcome } from "../../proxy/src/approvals/answering.ts";
import type { StoredRequest } from "../../proxy/src/store/requests.ts";
import type { Asking } from "../support/proxied.ts";

const patienceMs = 10_000;

/** A statement that waits, as people see it. */
export interface ShownRequest {
  readonly id: string;
  readonly digest: string;
  readonly principal: { readonly id: string; readonly kind: string; readonly acts_for: readonly string[] };
  readonly target: string;
  readonly statement: string;
  readonly runs: readonly string[];
  readonly parameters: readonly (string | null)[];
  readonly needs: readonly {
    readonly groups: readonly string[];
    readonly because?: string;
    readonly met_by?: string;
  }[];
}

type Says = PersonsAnswer["says"];

export class PeopleAsked {
  readonly #asking: Pick<Asking, "store" | "people" | "rules">;

  constructor(asking: Pick<Asking, "store" | "people" | "rules">) {
    this.#asking = asking;
  }

  /** Oldest first. */
  async requests(): Promise<readonly ShownRequest[]> {
    return (await this.#asking.store.waiting()).map(shown);
  }

  /** Waits until `count` statements wait, oldest first. */
  async waiting(count = 1): Promise<readonly ShownRequest[]> {
    let found: readonly ShownRequest[] = [];
    await until(
      async () => (found = await this.requests()).length === count,
      () => `${found.length} statements wait, not ${count}`,
    );
    return found;
  }

  async one(): Promise<ShownRequest> {
    const [request] = await this.waiting();
    if (request === undefined) throw new Error("no statement waits");
    return request;
  }

  async answer(
    { id, digest }: Pick<ShownRequest, "id" | "digest">,
    by: string,
    says: Says = "approve",
    because?: string,
    terms: PersonsAnswer["terms"] = {},
  ): Promise<{ readonly isCounted: boolean; readonly message: string }> {
    const { store, people, rules } = this.#asking;
    const person = people.person(by);
    const answered = await answerRequest(
      { store, rules, unusedMs: 60_000 },
      { request: id, digest, user: by, person, proof: "password", says, because, terms },
    );
    return { isCounted: isCounted(answered), message: printOutcome(answered.outcome) };
  }

  /** The one statement that waits is answered. */
  async answerOne(by: string, says: Says = "approve", because?: string, terms?: PersonsAnswer["terms"]) {
    return this.answer(await this.one(), by, says, because, terms);
  }
}

function shown({ id, digest, asked, metBy }: StoredRequest): ShownRequest {
  const { principal, target, texts, parameters, needs } = asked;
  const [statement = "", ...runs] = texts;
  return {
    id,
    digest,
    principal: { id: principal.id, kind: principal.kind, acts_for: principal.actsFor },
    target,
    statement,
    runs,
    parameters,
    needs: needs.map(({ key, groups, because }) => {
      const by = metBy.get(key);
      return { groups, ...(because === undefined ? {} : { because }), ...(by === undefined ? {} : { met_by: by }) };
    }),
  };
}

export async function until(holds: () => boolean | Promise<boolean>, problem: () => string): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(problem());
    await sleep(10);
  }
}
