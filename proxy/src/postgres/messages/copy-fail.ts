import { message } from "../wire.ts";

export function encodeCopyFail(reason: string): Buffer {
  return message("f", (writer) => writer.string(reason));
}
