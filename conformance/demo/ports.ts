import { createServer } from "node:net";
import { freePort } from "../support/postgres-server.ts";

const portsTried = 20;

/** The port that is wanted, else the first free one from `preferred` on. */
export async function choosePort(host: string, wanted: number | undefined, preferred: number): Promise<number> {
  if (wanted !== undefined) return wanted;
  for (let port = preferred; port < preferred + portsTried; port++) if (await isFree(host, port)) return port;
  return freePort();
}

function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
