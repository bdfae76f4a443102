/** The thread of sync-connection.ts. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Client, type QueryArrayConfig } from "pg";
import type { TextResult } from "./sync-connection.ts";

export interface ToConnection {
  readonly text: string;
  /** For one statement; absent for a script. */
  readonly values: readonly (string | null)[] | undefined;
}

export type FromConnection =
  | { readonly kind: "result"; readonly result: TextResult }
  | { readonly kind: "error"; readonly message: string };

interface ConnectionData {
  readonly url: string;
  readonly port: MessagePort;
  readonly answered: Int32Array;
}

/** pg's type parsers replaced by none: what the text of a value means is for the reader to say. */
const asText = { getTypeParser: () => (text: string) => text };

async function run(client: Client, { text, values }: ToConnection): Promise<TextResult> {
  if (values === undefined) {
    await client.query(text);
    return { fields: [], rows: [] };
  }
  // By the extended protocol, which takes one statement only.
  const config: QueryArrayConfig & { readonly queryMode: "extended" } = {
    text,
    values: [...values],
    rowMode: "array",
    types: asText,
    queryMode: "extended",
  };
  const result = await client.query<(string | null)[]>(config);
  const fields = result.fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID }));
  return { fields, rows: result.rows };
}

function errorOf(error: unknown): FromConnection {
  return { kind: "error", message: error instanceof Error ? error.message : String(error) };
}

const { url, port, answered } = workerData as ConnectionData;
const client = new Client({ connectionString: url });
// A connection that breaks answers the next question with an error.
client.on("error", () => undefined);
port.on("message", (message: ToConnection) => {
  void run(client, message)
    .then((result): FromConnection => ({ kind: "result", result }), errorOf)
    .then((answer) => {
      port.postMessage(answer);
      Atomics.store(answered, 0, 1);
      Atomics.notify(answered, 0);
    });
});
try {
  await client.connect();
  parentPort?.postMessage({ kind: "result", result: { fields: [], rows: [] } } satisfies FromConnection);
} catch (error) {
  parentPort?.postMessage(errorOf(error));
}
