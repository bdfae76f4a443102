/** Cancel requests upstream: a connection of their own that carries nothing else ("Canceling Requests in Progress"). */
import { connect, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { encodeCancelRequest, encodeSslRequest } from "./messages/startup.ts";
import type { Target } from "../enforce/target.ts";

/**
 * Best effort, as cancelling always is: whatever goes wrong, the statement goes on.
 * @param done called once the target has closed the connection, which it does when it has signalled the process, or nothing came of it.
 */
export function sendCancel(
  target: Target,
  processId: number,
  secret: Buffer,
  timeoutMs: number,
  done?: () => void,
): void {
  const request = encodeCancelRequest(processId, secret);
  const socket = connect(target.port, target.host);
  const giveUp = () => socket.destroy();
  socket.setTimeout(timeoutMs, giveUp);
  socket.on("error", giveUp);
  if (done !== undefined) socket.once("close", done);
  const { tls } = target;
  socket.once("connect", () => {
    if (tls === undefined) {
      socket.end(request);
      return;
    }
    socket.once("data", (answer) => {
      // Never in the clear where TLS is asked for: the key would let others cancel.
      if (answer[0] !== 0x53) return socket.destroy();
      const servername = isIP(target.host) === 0 ? { servername: target.host } : {};
      const secure = connectTls({ host: target.host, ...servername, ...tls, socket }, () => secure.end(request));
      secure.on("error", giveUp);
      return secure;
    });
    socket.write(encodeSslRequest());
  });
  socket.resume();
}
