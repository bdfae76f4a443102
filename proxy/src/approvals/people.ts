import type { Principal } from "@penstock/engine";

/** Whose answers count. */
export interface People {
  /** Who a user is now; `undefined` for nobody. */
  person(name: string): Principal | undefined;
}
