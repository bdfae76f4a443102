/** `npm start -- …` */
import { parseArgs } from "node:util";

export type DemoOptions =
  | {
      readonly kind: "run";
      readonly tour: boolean;
      readonly port: number | undefined;
      readonly policies: string | undefined;
    }
  | { readonly kind: "help" }
  | { readonly kind: "misuse"; readonly message: string };

export const helpText = `A database behind Penstock, to try: a real PostgreSQL with a small shop in it, and the proxy with policies/ in front.

  npm start                       prints psql lines for an analyst, an administrator and an AI agent, and waits for Ctrl-C
  npm start -- --tour             asks ten questions as each of them, shows what each saw, and ends

  --port N                        the proxy listens on port N (default: 6543, or the next free one)
  --policies FOLDER               use this folder instead of policies/
  --help                          this text

Nothing is installed, and nothing is left behind.`;

export function readOptions(args: readonly string[]): DemoOptions {
  let values: { tour?: boolean; port?: string; policies?: string; help?: boolean };
  try {
    values = parseArgs({
      args: [...args],
      options: {
        tour: { type: "boolean" },
        port: { type: "string" },
        policies: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    return { kind: "misuse", message: error instanceof Error ? error.message : String(error) };
  }
  if (values.help === true) return { kind: "help" };
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    return { kind: "misuse", message: `--port takes a number from 1 to 65535, not \`${values.port}\`` };
  }
  return { kind: "run", tour: values.tour ?? false, port, policies: values.policies };
}
