/** KILL QUERY on the target, over a connection of its own that carries nothing else. */
import { createConnection } from "mysql2";
import type { Target } from "../enforce/target.ts";
import { sslOptions } from "./upstream.ts";

/**
 * Best effort, as cancelling always is: whatever goes wrong, the statement goes on.
 * @param done called once the target has answered, or nothing came of it.
 */
export function killUpstream(target: Target, connectionId: number, timeoutMs: number, done: () => void): void {
  target.password.current().then((password) => kill(target, password, connectionId, timeoutMs, done), done);
}

function kill(
  target: Target,
  password: string | undefined,
  connectionId: number,
  timeoutMs: number,
  done: () => void,
): void {
  const connection = createConnection({
    host: target.host,
    port: target.port,
    user: target.user,
    password: password ?? "",
    ...(target.tls === undefined ? {} : { ssl: sslOptions(target.tls) }),
    connectTimeout: timeoutMs,
  });
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    connection.destroy();
    done();
  };
  connection.on("error", end);
  connection.query({ sql: `kill query ${connectionId}`, timeout: timeoutMs }, end);
}
