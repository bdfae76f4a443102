/** What an error of pg means for a transaction of the store. */
import { DatabaseError } from "pg";
import { errorMessage } from "../config/system-error.ts";

/** How the server says that a transaction was silent for too long: `idle_in_transaction_session_timeout`. */
export const silentTransaction = "25P03";

/** The server has not answered: not a fault of what was asked. */
export class Disconnected extends Error {}

export async function asked<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw error instanceof DatabaseError ? error : new Disconnected(errorMessage(error), { cause: error });
  }
}

/** Of the server's moment, and not of the call: serialization_failure, deadlock_detected, lock_not_available, query_canceled (`statement_timeout`). */
export function isPassing(error: unknown): boolean {
  return ["40001", "40P01", "55P03", "57014"].includes(codeOf(error));
}

/** The session is over, or its transaction is. */
export function isFatal(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return error.severity === "FATAL" || /^(?:57P|25P)/.test(codeOf(error));
}

export function codeOf(error: unknown): string {
  return error instanceof DatabaseError ? (error.code ?? "") : "";
}
