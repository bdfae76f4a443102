/** `npm start -- …` */
import { parseArgs } from "node:util";

export type DemoOptions =
  | {
      readonly kind: "run";
      readonly tour: boolean;
      readonly port: number | undefined;
      readonly mysqlPort: number | undefined;
      readonly policies: string | undefined;
    }
  | { readonly kind: "help" }
  | { readonly kind: "misuse"; readonly message: string };

export const helpText = `Databases behind Penstock, to try: a real PostgreSQL with a small shop in it, a MariaDB with the same where it is installed, and
the proxy with policies/ in front.

  npm start                       prints psql and mariadb lines for an analyst, an administrator and an AI agent, and waits for Ctrl-C
  npm start -- --tour             asks ten questions as each of them, shows what each saw, and ends

  --port N                        the proxy listens on port N (default: 6543, or the next free one)
  --mysql-port N                  the same for clients of MariaDB (default: the next free one after that)
  --policies FOLDER               use this folder instead of policies/
  --help                          this text

Nothing is installed, and nothing is left behind.`;

export function readOptions(args: readonly string[]): DemoOptions {
  let values: { tour?: boolean; port?: string; "mysql-port"?: string; policies?: string; help?: boolean };
  try {
    values = parseArgs({
      args: [...args],
      options: {
        tour: { type: "boolean" },
        port: { type: "string" },
        "mysql-port": { type: "string" },
        policies: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    return { kind: "misuse", message: error instanceof Error ? error.message : String(error) };
  }
  if (values.help === true) return { kind: "help" };
  const ports = new Map<string, number | undefined>();
  for (const name of ["port", "mysql-port"] as const) {
    const text = values[name];
    const port = text === undefined ? undefined : Number(text);
    if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
      return { kind: "misuse", message: `--${name} takes a number from 1 to 65535, not \`${text}\`` };
    }
    ports.set(name, port);
  }
  return {
    kind: "run",
    tour: values.tour ?? false,
    port: ports.get("port"),
    mysqlPort: ports.get("mysql-port"),
    policies: values.policies,
  };
}
