/** CopyData, CopyDone and CopyFail, and whatever else comes while the server reads data. */
import { frame, type Framer } from "./framer.ts";
import { encodeCopyFail } from "./messages/copy-fail.ts";
import type { Session } from "./session.ts";
import { forward } from "./to-server.ts";
import { ProtocolError } from "../enforce/protocol-error.ts";

export function copyMessage(session: Session, framer: Framer, found: number): boolean {
  if (found === frame.oversize) throw new ProtocolError("invalid length of a COPY message");
  if (session.copy.isAwaited) return false;
  // Strays after a failed COPY are ignored, as the server does.
  if (session.copy.isOver) return true;
  forward(session, framer);
  session.copyDataInBatch = true;
  if (framer.type === 0x64 || framer.remaining > 0) return true;
  session.copy.dataEnded((session.pending.head?.later?.length ?? 0) > 0);
  return true;
}

/** While the server reads data it ignores Sync and Flush, and anything else ends the COPY with an error. */
export function duringCopy(session: Session, type: number): boolean {
  if (session.copy.isAwaited) return false;
  if (type === 0x53 || type === 0x48) return true;
  session.toUpstream.push(encodeCopyFail(`unexpected message type 0x${type.toString(16)} during COPY from stdin`));
  session.copy.dataEnded(false);
  if (session.groupOpen) session.skipping = true;
  return true;
}
