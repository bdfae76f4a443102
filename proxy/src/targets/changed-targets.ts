/** Targets of a changed configuration: connected to before they are in force, so that what does not work changes nothing. */
import type { TargetConfig } from "../config/sections/targets.ts";
import { errorMessage } from "../config/system-error.ts";
import type { Target } from "../enforce/target.ts";
import type { ConfiguredTarget } from "./configured-targets.ts";
import type { TargetCatalog } from "./target-catalog.ts";
import { explainTargetError, withConnection } from "./target-connection.ts";

/** What of a target is another than before. */
export interface TargetChange {
  /** Where connections go, as whom, or how: those that are open are not what they would be now. */
  readonly isConnection: boolean;
  /** The login's password. */
  readonly isLogin: boolean;
  /** What policies see of it. */
  readonly isPolicy: boolean;
}

/** What becomes of targets that sessions may have. Others are as they were. */
interface ReplacedTargets {
  /** By what they were: the same connection with other settings. */
  readonly settings: ReadonlyMap<Target, ConfiguredTarget>;
  /** They are no longer there, or connections to them are others now. */
  readonly gone: ReadonlySet<Target>;
}

export interface PreparedTargets {
  /** In the order of the configuration. */
  readonly all: readonly ConfiguredTarget[];
  readonly replaced: ReplacedTargets;
  /** Catalogs that were read for it; one is missing in `all` only where there are problems. */
  readonly opened: readonly TargetCatalog[];
  /** Why targets cannot be used, each with help. */
  readonly problems: readonly string[];
}

/**
 * @param changes by name; whoever is in neither them nor `before` is new
 * @param catalogOf makes one that is not in force yet @param former whose names it remembers
 */
export async function prepareTargets(
  before: readonly ConfiguredTarget[],
  next: readonly TargetConfig[],
  changes: ReadonlyMap<string, TargetChange>,
  catalogOf: (target: TargetConfig, former: TargetCatalog | undefined) => TargetCatalog,
): Promise<PreparedTargets> {
  const settings = new Map<Target, ConfiguredTarget>();
  const gone = new Set<Target>(before.filter(({ name }) => !next.some((target) => target.name === name)));
  const opened: TargetCatalog[] = [];
  const attempts: Promise<string | undefined>[] = [];
  const attempt = (target: TargetConfig, work: () => Promise<unknown>) =>
    attempts.push(
      work().then(
        () => undefined,
        (error: unknown) => explainTargetError(target, error),
      ),
    );
  const all = next.flatMap((target): ConfiguredTarget[] => {
    const old = before.find(({ name }) => name === target.name);
    const change = changes.get(target.name);
    if (old !== undefined && change === undefined) return [old];
    if (old === undefined || change?.isConnection === true) {
      if (old !== undefined) gone.add(old);
      try {
        const catalog = catalogOf(target, (old ?? sameDatabase(before, target))?.catalog);
        opened.push(catalog);
        attempt(target, () => catalog.refresh());
        return [{ ...target, catalog }];
      } catch (error) {
        attempts.push(Promise.resolve(unreadableNames(error)));
        return [];
      }
    }
    // Health and limits need no connection.
    if (change?.isLogin === true) attempt(target, () => withConnection(target, (run) => run("select 1")));
    const now = { ...target, catalog: old.catalog };
    settings.set(old, now);
    return [now];
  });
  const problems = (await Promise.all(attempts)).filter((problem) => problem !== undefined);
  return { all, replaced: { settings, gone }, opened, problems };
}

/** Of what the file with former names cannot be read for. */
export function unreadableNames(error: unknown): string {
  return `a file with former names cannot be read: ${errorMessage(error)}\n  help: mend it, or remove it to forget them; it is in the folder \`catalog.names\``;
}

/** It may have had another name: what was renamed in it is protected all the same. */
function sameDatabase(before: readonly ConfiguredTarget[], { engine, host, port, database }: TargetConfig) {
  return before.find(
    (each) => each.engine === engine && each.host === host && each.port === port && each.database === database,
  );
}
