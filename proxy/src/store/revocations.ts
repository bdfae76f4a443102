/** Approvals that are taken back, and who has done it: kept with the answers until a proxy has recorded it. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { takeGrant } from "./grants.ts";
import { requestRow } from "./requests.ts";
import { type SqlTransaction, text } from "./sql.ts";

const revokerSchema = z.object({
  /** The name that they gave. */
  user: z.string(),
  /** Principal id, where there is such a person. */
  by: z.string().optional(),
  /** How it was shown who they are: `password`, `token`; `account` where only the machine's vouches. */
  proof: z.string(),
  because: z.string().optional(),
});
export type Revoker = z.output<typeof revokerSchema>;

export const revocationSchema = z.object({
  kind: z.literal("revoked"),
  id: z.string(),
  /** Empty where its request is forgotten. */
  session: z.string(),
  grant: z.string(),
  request: z.string(),
  /** Principal id of who had said yes. */
  grantedBy: z.string(),
  used: z.number(),
  revoker: revokerSchema,
});
export type Revocation = z.output<typeof revocationSchema>;

export async function revoke(tx: SqlTransaction, id: string, revoker: Revoker): Promise<boolean> {
  const grant = await takeGrant(tx, id);
  if (grant === undefined) return false;
  const row = await requestRow(tx, grant.request);
  const said: Revocation = {
    kind: "revoked",
    id: `${String(tx.nowMs).padStart(15, "0")}-${randomBytes(6).toString("hex")}`,
    session: row === undefined ? "" : text(row, "session"),
    grant: id,
    request: grant.request,
    grantedBy: grant.by,
    used: grant.used,
    revoker: revokerSchema.parse(revoker),
  };
  await tx.all(
    "insert into answers (id, request, at_ms, said) values ($1, $2, $3, $4)",
    said.id,
    grant.request,
    tx.nowMs,
    JSON.stringify(said),
  );
  tx.tellOthers();
  return true;
}
