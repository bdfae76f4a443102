/**
 * The least that a proxy in Node can do: bytes from one socket to the other. What Penstock costs is measured against it, in
 * turns in the same run, because a figure alone tells of the machine.
 */
import { connect, createServer, type Socket } from "node:net";
import { measuredParameters, reportMeasured } from "./measured-process.ts";

const upstream = measuredParameters<{ readonly host: string; readonly port: number }>();

const server = createServer((client) => {
  const database = connect(upstream);
  client.setNoDelay(true);
  database.setNoDelay(true);
  forward(client, database);
  forward(database, client);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  reportMeasured(address.port);
});

function forward(from: Socket, to: Socket): void {
  from.on("data", (bytes) => {
    if (!to.write(bytes)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  });
  from.on("close", () => to.destroy());
  from.on("error", () => to.destroy());
}
