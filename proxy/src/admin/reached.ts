import { HTTPException } from "hono/http-exception";
import { StoreError } from "../store/store.ts";

/** A call of the approvals' store. @throws 503 where it does not answer */
export async function reached<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new HTTPException(503, { message: "the approvals' store does not answer: try again", cause: error });
  }
}
