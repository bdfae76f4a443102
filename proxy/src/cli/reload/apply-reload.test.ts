/** Whatever fails while a configuration is put in force, by a fault of ours, all the rest of it is in force afterwards, and the fault is told. */
import { expect, test } from "vitest";
import type { ProxyConfig } from "../../config/load-config.ts";
import type { ProxyParts } from "../proxy-parts.ts";
import { applyReload } from "./apply-reload.ts";
import type { PreparedReload } from "./prepare-reload.ts";

/** What is called of a proxy, in turn; one of the calls fails. */
class Calls {
  readonly names: string[] = [];
  readonly #failing: string | undefined;

  constructor(failing?: string) {
    this.#failing = failing;
  }

  note(name: string): void {
    this.names.push(name);
    if (name === this.#failing) throw new Error(`${name} fails`);
  }

  call<T>(name: string, result?: T): () => T | undefined {
    return () => {
      this.note(name);
      return result;
    };
  }
}

const config = {
  listen: {},
  approvals: {},
  audit: { keepDays: 7 },
  admin: { tokensFile: "tokens.yaml" },
  log: { level: "info" },
  limits: {},
} as unknown as ProxyConfig;
const sections = ["users", "approvals", "admin", "catalog.refresh_seconds", "listen.tls", "identity"];

function applied(failing?: string) {
  const calls = new Calls(failing);
  const watch = (name: string) => ({ close: calls.call(name) });
  const log = {
    info: calls.call("log.info"),
    warn: () => undefined,
    set level(_: string) {
      calls.note("log.level");
    },
  };
  const parts = {
    config: undefined,
    log,
    audit: { append: () => undefined, keep: calls.call("audit.keep") },
    users: { file: "/nowhere/users.yaml", users: { byName: new Map() } },
    server: { change: calls.call("server.change"), sessions: [] },
    targets: {
      all: [{ name: "shop", catalog: { current: calls.call("catalog.current") } }],
      apply: calls.call("targets.apply"),
      release: calls.call("targets.release"),
      startRefreshing: calls.call("targets.startRefreshing"),
    },
    listeners: { apply: calls.call("listeners.apply", { shared: ["a port"], own: [] }) },
    policies: { apply: calls.call("policies.apply", true) },
    renames: { tell: () => undefined },
    admin: { change: calls.call("admin.change") },
    webhook: watch("webhook.close"),
    usersWatch: watch("usersWatch.close"),
    crlWatch: watch("crlWatch.close"),
  } as unknown as ProxyParts;
  const targets = { added: [], removed: [], changed: new Map() };
  const prepared = {
    changes: { config, sections: new Set(sections), targets },
    targets: { replaced: {} },
    users: calls.call("users", []),
  } as unknown as PreparedReload;
  const faults = applyReload(parts, prepared);
  parts.usersWatch?.close();
  return { names: calls.names, faults, parts };
}

const all = applied();

test("without a fault each part is called once, and there is nothing to tell", () => {
  expect(all.faults).toEqual([]);
  expect(all.names.length).toBe(new Set(all.names).size);
  expect(all.names.length).toBeGreaterThan(14);
});

test.each(all.names)("where %s fails, all others are called, and it is told", (failing) => {
  const { names, faults, parts } = applied(failing);
  // Of a log that fails there is no port to tell: whatever else was called is called now.
  const others = (list: readonly string[]) => list.filter((name) => name !== failing && name !== "log.info");
  expect(others(names)).toEqual(others(all.names));
  expect(faults).toEqual([expect.stringContaining(`: ${failing} fails`)]);
  expect(parts.config).toBe(config);
});
