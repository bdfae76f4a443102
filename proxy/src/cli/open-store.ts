import type { Logger } from "pino";
import type { ProxyConfig } from "../config/load-config.ts";
import { errorMessage } from "../config/system-error.ts";
import { storeOf } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

/**
 * A server that does not answer may do so later, and statements that need no approval run without it. A file that cannot be opened is a mistake.
 */
export async function openStore({ store: config }: ProxyConfig, log: Logger): Promise<Store | undefined> {
  if (config === undefined) return undefined;
  const store = storeOf(config);
  try {
    await store.open();
  } catch (error) {
    if (config.kind === "file") {
      await store.close();
      throw new CommandError(`${errorMessage(error)}\n  help: check \`store.file\``, exitCodes.misuse);
    }
    log.error({ error: errorMessage(error) }, "the store does not answer: statements that need approval are refused");
  }
  return store;
}
