/** Whatever is changed in `penstock.yaml`, the proxy takes it, or says that it needs a restart: no key is passed over in silence. */
import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigPrint } from "../../config/config-print.ts";
import type { ProxyConfig } from "../../config/load-config.ts";
import { configSchema } from "../../config/schema.ts";
import type { YamlPath } from "../../config/yaml-document.ts";
import { changesBetween } from "./config-changes.ts";

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

/** Two levels deep, and each key of a target. */
function paths(): YamlPath[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON Schema
  const { properties = {} } = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as Shape;
  return Object.entries(properties).flatMap(([section, { properties: keys, items }]): YamlPath[] => {
    if (items?.properties !== undefined) return Object.keys(items.properties).map((key) => [section, 0, key]);
    return keys === undefined ? [[section]] : Object.keys(keys).map((key) => [section, key]);
  });
}

const value = {
  ...configSchema.parse({
    targets: [{ name: "shop", host: "localhost", user: "penstock", environment: "demo" }],
    users: "users.yaml",
    policies: { path: "policies" },
    audit: { file: "audit.jsonl" },
    admin: { tokens: "tokens.yaml" },
  }),
};

/** What is looked at besides the print. */
function configWith(print: ConfigPrint): ProxyConfig {
  const admin = { host: "127.0.0.1", port: 6480 };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of the rest nothing is asked
  return { print, targets: [{ name: "shop" }], listen: {}, audit: {}, log: {}, admin } as unknown as ProxyConfig;
}

function withOther(at: YamlPath): ConfigPrint {
  const copy = structuredClone(value);
  let place: object = copy;
  for (const part of at.slice(0, -1)) {
    const next: unknown = Reflect.get(place, part);
    const child = typeof next === "object" && next !== null ? next : {};
    Reflect.set(place, part, child);
    place = child;
  }
  Reflect.set(place, at.at(-1) ?? "", "another");
  return new ConfigPrint("", copy);
}

test.each(paths().map((path) => [path.join("."), path] as const))("a change of %s is taken or told", (_name, path) => {
  const before = configWith(new ConfigPrint("", value));
  const { sections, targets, needsRestart } = changesBetween(before, before, configWith(withOther(path)));
  const told = [...sections, ...targets.changed.keys(), ...targets.added, ...targets.removed, ...needsRestart];
  expect(told).not.toEqual([]);
});

test("without a change there is none", () => {
  const [one, same] = [value, structuredClone(value)].map((each) => configWith(new ConfigPrint("", each)));
  if (one === undefined || same === undefined) throw new Error("there are two");
  const { sections, targets, needsRestart } = changesBetween(one, one, same);
  expect([...sections, ...targets.changed.keys(), ...needsRestart]).toEqual([]);
});
