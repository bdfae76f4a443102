import { principalKinds } from "@penstock/language";
import { z } from "zod";
import type { ApprovalRules } from "../../approvals/rules.ts";

export const approvalsSection = z
  .strictObject({
    deferred: z
      .array(z.enum(principalKinds))
      .default([])
      .describe(
        "Kinds of principals whose statements do not wait: they are refused at once with the request's id, and pass when they are sent again after the yes.",
      ),
    reason: z
      .enum(["optional", "required"])
      .default("optional")
      .describe("Whether a yes must come with a reason. A no always does."),
    command_line: z
      .enum(["password", "account"])
      .default("password")
      .describe(
        "How `policy-proxy approvals approve --as PERSON` knows who answers: by that person's password, or by trusting whoever can run it with this configuration.",
      ),
  })
  .prefault({})
  .describe("How people are asked where a policy says `approve`. They are where there is a `store`.");

export interface ApprovalsConfig extends ApprovalRules {
  readonly commandLine: "password" | "account";
}

export function readApprovals({
  deferred,
  reason,
  command_line: commandLine,
}: z.output<typeof approvalsSection>): ApprovalsConfig {
  return { deferred, needsReason: reason === "required", commandLine };
}
