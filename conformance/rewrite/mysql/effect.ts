import type { Databases } from "./databases.ts";
import { hiddenRows } from "./schema.ts";

/** What a statement did: its answer, or the number of the server's error, and which rows it left of what is seen and of what is not. */
export interface Effect {
  readonly answer: unknown;
  readonly error: number | undefined;
  readonly message: string;
  readonly seen: string;
  readonly unseen: string;
}

/** Where not all of it: without times, and without numbers that the server gives, in which there may be gaps. */
const shown: Readonly<Record<string, string>> = {
  "shop.stamped": "id, region",
  "shop.tickets": "if(id > 40, null, id) as id, tenant, state, owner, due, price, body, kind",
};

/** Runs statements one after the other, and takes back what they did. */
export async function effect(connection: Databases["raw"], ...texts: readonly string[]): Promise<Effect> {
  const rows = async (condition: (hidden: string) => string) => {
    const found: unknown[] = [];
    for (const [path, hidden] of Object.entries(hiddenRows)) {
      found.push((await connection.query(`select ${shown[path] ?? "*"} from ${path} where ${condition(hidden)}`))[0]);
    }
    return found;
  };
  const left = async (): Promise<Pick<Effect, "seen" | "unseen">> => {
    const [customers] = await connection.query("select id, name, city from customers");
    const [labels] = await connection.query("select * from labels");
    const seen = await rows((hidden) => `(${hidden}) is not true`);
    return { seen: JSON.stringify([customers, labels, seen]), unseen: JSON.stringify(await rows((hidden) => hidden)) };
  };
  await connection.query("start transaction");
  try {
    let answer: unknown;
    for (const text of texts) {
      const [result] = await connection.query({ sql: text, rowsAsArray: true });
      answer = Array.isArray(result) ? result : (result as { affectedRows: number }).affectedRows;
    }
    return { answer, error: undefined, message: "", ...(await left()) };
  } catch (error) {
    const { errno, message } = error as { errno?: number; message: string };
    if (errno === undefined) throw error;
    return { answer: undefined, error: errno, message, ...(await left()) };
  } finally {
    await connection.query("rollback");
  }
}
