/** What SIGHUP does besides the configuration: everything that lies in files and in targets is read again. */
import { errorMessage } from "../../config/system-error.ts";
import { type ProxyParts, reloadUsers } from "../proxy-parts.ts";

/** For log rotation by renaming. */
export function reopenAudit({ audit, log }: ProxyParts): void {
  try {
    audit.reopen();
  } catch (error) {
    log.error(
      { error: errorMessage(error) },
      "the audit log could not be opened again: writing goes on to the old file",
    );
  }
}

/** Users, former names, policies, catalogs; what cannot be read stays as it was, and the log says so. */
export async function readAgain(parts: ProxyParts): Promise<void> {
  const { log, targets, policies, crew } = parts;
  reloadUsers(parts);
  for (const { name, catalog } of targets.all) {
    try {
      catalog.readNamesAgain();
    } catch (error) {
      log.error(
        { target: name, error: errorMessage(error) },
        "the file with former names cannot be read: those that are known stay",
      );
    }
  }
  const problems = await Promise.all([policies.reload().then(() => []), targets.open(), crew?.readAgain()]);
  for (const report of problems.flat())
    log.warn({ report }, "a catalog could not be read again: the old one stays in use");
  log.info("users, policies and catalogs were read again");
}
