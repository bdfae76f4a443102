import type { Catalog } from "@penstock/engine";

/** The catalog snapshot that all sessions of one target share. */
export interface CatalogSource {
  /** The newest snapshot. Cheap: asked for every batch of messages. */
  current(): Catalog;
  /**
   * Reads the catalog anew, after DDL or when a name was not found. Concurrent calls share one load that began after the first of
   * them. Rejects when the target cannot be read; `current` then stays what it was.
   */
  refresh(): Promise<Catalog>;
  /** As `refresh`, where it is enough to know what `changed` has told of so far: a load that has begun since then will do. */
  caughtUp(): Promise<Catalog>;
  /** The schema has changed: until it is read anew, nothing may be decided by `current`. Begins to read. */
  changed(): void;
  /** Since `changed`, no load that began afterwards has succeeded. Cheap, as `current`. */
  readonly isStale: boolean;
}
