import type { Catalog, Enforcer, OutdatedName } from "@penstock/engine";
import type { Logger } from "pino";
import type { AuditLog } from "../audit/audit-log.ts";
import { renamedLine } from "../audit/audit-records.ts";

/** Tells the operator, in the log and the audit log, of tables and columns that policies know by a former name: each once, until it is no longer so. */
export class Renames {
  readonly #log: Logger;
  readonly #audit: AuditLog;
  /** By target: what was told and still holds. */
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(log: Logger, audit: AuditLog) {
    this.#log = log;
    this.#audit = audit;
  }

  /** To be called when the catalog or the policies are others than before. */
  tell(target: string, catalog: Catalog, enforcer: Enforcer): void {
    const told = this.#told.get(target);
    const outdated = enforcer.outdatedNames(catalog);
    const key = ({ was, now }: OutdatedName) => JSON.stringify([was, now]);
    for (const name of outdated) {
      if (told?.has(key(name)) === true) continue;
      this.#audit.append(renamedLine(target, name));
      this.#log.warn(
        { target, was: name.was, now: name.now },
        `${name.was} is now called ${name.now}: policies hold it to its old name until they name the new one`,
      );
    }
    this.#told.set(target, new Set(outdated.map(key)));
  }
}
