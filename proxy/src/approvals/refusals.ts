/** What a client gets whose statement has asked people, or could not. */
import type { Refusal } from "../enforce/session-rules.ts";
import type { Asked, EndedRequest } from "../store/requests.ts";
import { type Need, printNeed } from "./need.ts";

export function printNeeds(needs: readonly Need[]): string {
  return needs.map(printNeed).join("; and of ");
}

function groupsOf(needs: readonly Need[]): string {
  return needs.map(({ groups }) => groups.join(" or ")).join(" and ");
}

/** Nobody is asked: the server would refuse it all the same. */
export function neededRefusal(needs: readonly Need[]): Refusal {
  return {
    sqlstate: "42501",
    message: `needs approval of ${printNeeds(needs)}`,
    hint: undefined,
    code: "approval_required",
    isComputed: true,
  };
}

export const storeRefusal: Refusal = {
  sqlstate: "58030",
  message: "nobody can be asked for approval at the moment, so the statement was not run",
  hint: "the approvals' store does not answer: try again, or tell whoever operates the proxy",
  code: "approval_failed",
};

/** Who asks is somebody else than when the session began. */
export const goneRefusal: Refusal = {
  sqlstate: "42501",
  message: "the statement was not run: who you are has changed since you connected",
  hint: "connect again",
  code: "principal_changed",
};

export function deferredRefusal(id: string, needs: readonly Need[], untilMs: number, howTo: string): Refusal {
  return {
    sqlstate: "42501",
    message: `the statement needs approval of ${printNeeds(needs)}: they are asked, in request ${id}`,
    hint: `send the same statement again when it is approved, until ${new Date(untilMs).toISOString()}; ${howTo}`,
    code: "approval_deferred",
    isComputed: true,
  };
}

export function fullRefusal({ isOwn, waiting }: Extract<Asked, { readonly kind: "full" }>): Refusal {
  const whose = isOwn ? `${waiting} of your statements` : "too many statements";
  return {
    sqlstate: "53400",
    message: `the statement needs approval, and ${whose} wait for approval already`,
    hint: "try again when some of them have been answered, or cancel one",
    code: "too_many_held",
  };
}

export function largeRefusal(bytes: number, bytesMax: number): Refusal {
  return {
    sqlstate: "54000",
    message: `the statement needs approval, and has ${bytes} bytes with its values: people are shown at most ${bytesMax}`,
    hint: "send it in parts",
    code: "too_large",
  };
}

/** What the client gets when its statement has waited in vain. */
export function endRefusal(
  id: string,
  state: Exclude<EndedRequest["state"], "approved">,
  denial: EndedRequest["denial"],
  needs: readonly Need[],
): Refusal {
  const asked = groupsOf(needs);
  switch (state) {
    case "denied": {
      const because = denial?.because === undefined ? "" : `: ${denial.because}`;
      return {
        sqlstate: "42501",
        message: `the statement was not approved by ${denial?.by ?? ""}${because}`,
        hint: `it needed approval of ${asked}; ask them before you send it again`,
        code: "approval_denied",
      };
    }
    case "expired":
    case "withdrawn":
      return {
        sqlstate: "42501",
        message: `the statement was not approved in time (request ${id})`,
        hint: `send it again when somebody of ${asked} is there to approve it`,
        code: "approval_expired",
      };
    case "cancelled":
      return {
        sqlstate: "57014",
        message: "canceling statement due to user request",
        hint: undefined,
        code: "approval_cancelled",
      };
    default:
      return state satisfies never;
  }
}
