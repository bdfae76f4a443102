/** The Helm chart: what it makes is what Kubernetes takes and what the proxy takes, and wrong values are refused before anything is installed. */
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { type IStatefulSet, StatefulSet } from "kubernetes-models/apps/v1";
import { type IPodDisruptionBudget, PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { ConfigMap, type IConfigMap, Service } from "kubernetes-models/v1";
import { afterAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../proxy/src/config/load-config.ts";
import { selfSigned } from "../protocol/certificate.ts";
import { readChart } from "./render-chart.ts";

const chart = readChart(new URL("../../deploy/helm/penstock", import.meta.url).pathname);
const isValid = new Ajv({ allErrors: true, strictTypes: false }).compile(chart.schema as object);
const models = { StatefulSet, PodDisruptionBudget, ConfigMap, Service };
const folder = mkdtempSync(join(tmpdir(), "penstock-chart-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Values = Record<string, unknown>;

function changed(...changes: readonly (readonly [path: string, value: unknown])[]): Values {
  const values = structuredClone(chart.values);
  for (const [path, value] of changes) {
    const keys = path.split(".");
    let at = values;
    for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as Values;
    if (value === undefined) delete at[keys.at(-1) ?? ""];
    else at[keys.at(-1) ?? ""] = value;
  }
  return values;
}

interface Manifest {
  readonly kind: keyof typeof models;
  readonly metadata: { readonly name: string };
}

interface Installed {
  readonly all: readonly Manifest[];
  readonly set: IStatefulSet;
  readonly config: IConfigMap;
  readonly budget: IPodDisruptionBudget | undefined;
}

/** Throws where Helm would not take the values, or Kubernetes not what they make. */
function install(values: Values): Installed {
  if (!isValid(values)) throw new Error(JSON.stringify(isValid.errors));
  const all = [...chart.render(values)].flatMap(([name, found]) =>
    name.endsWith(".yaml") ? (found as Manifest[]) : [],
  );
  for (const manifest of all) {
    const Model = models[manifest.kind] as new (of: unknown) => { validate(): void };
    new Model(manifest).validate();
  }
  const of = <T>(wanted: string): T => all.find(({ kind }) => kind === wanted) as T;
  return { all, set: of("StatefulSet"), config: of("ConfigMap"), budget: of("PodDisruptionBudget") };
}

/** What the compiler has against manifests as literals: the models' own check lets keys pass that no object has. */
function strangeKeys(manifests: readonly Manifest[]): string {
  const project = join(folder, "keys");
  const repository = new URL("../..", import.meta.url).pathname;
  mkdirSync(project, { recursive: true });
  if (!existsSync(join(project, "node_modules")))
    symlinkSync(`${repository}/node_modules`, join(project, "node_modules"));
  const groups = { StatefulSet: "apps/v1", PodDisruptionBudget: "policy/v1", ConfigMap: "v1", Service: "v1" };
  const imports = Object.entries(groups).map(
    ([kind, group]) => `import type { I${kind} } from "kubernetes-models/${group}";`,
  );
  const literals = manifests.map(
    (manifest, index) => `export const m${index}: I${manifest.kind} = ${JSON.stringify(manifest)};`,
  );
  writeFileSync(join(project, "manifests.ts"), [...imports, ...literals].join("\n"));
  const args = ["--noEmit", "--skipLibCheck", "--module", "nodenext", "manifests.ts"];
  const { stdout } = spawnSync(join(repository, "node_modules/.bin/tsc"), args, { cwd: project, encoding: "utf8" });
  return stdout;
}

const storeOfAll = [
  "config.store",
  { url: "postgres://penstock@db.default.svc/penstock", password_env: "STORE" },
] as const;

describe("the chart", () => {
  test("makes manifests that Kubernetes takes", () => {
    expect(install(chart.values).all.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "ConfigMap penstock-config",
      "Service penstock",
      "Service penstock-proxies",
      "StatefulSet penstock",
    ]);
  });

  test.each<[string, Values]>([
    ["three proxies on one store", changed(["replicas", 3], storeOfAll)],
    ["an image by its digest", changed(["image.digest", `sha256:${"0".repeat(64)}`])],
    ["an image of a registry with a login", changed(["image.pullSecrets", ["registry"]])],
    ["variables", changed(["environment", [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "a" } } }]])],
    ["a class of disks", changed(["persistence.storageClass", "fast"])],
    [
      "nodes of their own",
      changed(["nodeSelector", { disk: "ssd" }], ["tolerations", [{ key: "db", operator: "Exists" }]]),
    ],
    ["annotations", changed(["podAnnotations", { a: "b" }], ["service.annotations", { c: "d" }])],
    ["other ports", changed(["config.listen.port", 5432], ["config.listen.mysql_port", 3306])],
  ])("makes manifests that Kubernetes takes with %s", (_what, values) => {
    expect(install(values).all.map(({ kind }) => kind)).toContain("StatefulSet");
  });

  test("has no key that Kubernetes does not know", () => {
    const every = changed(
      ["replicas", 2],
      storeOfAll,
      ["image.pullSecrets", ["registry"]],
      ["environment", [{ name: "A", value: "b" }]],
      ["persistence.storageClass", "fast"],
      ["nodeSelector", { disk: "ssd" }],
    );
    expect(strangeKeys(install(every).all)).toBe("");
    const [first] = install(chart.values).all;
    const misspelt = first === undefined ? [] : [{ ...first, dat: {} }];
    expect(strangeKeys(misspelt)).toContain("dat");
  });

  test("runs what was asked for, as nobody and with nothing to write but its volume", () => {
    const values = changed(["image.tag", "1.2"], ["config.listen.port", 5432], ["replicas", 2], storeOfAll);
    const { set, budget } = install(values);
    expect(set.spec).toMatchObject({
      replicas: 2,
      template: {
        spec: {
          securityContext: { runAsNonRoot: true, runAsUser: 10_001 },
          containers: [
            {
              image: "penstock:1.2",
              securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
              ports: [
                { name: "postgres", containerPort: 5432 },
                { name: "mysql", containerPort: 6433 },
                { name: "admin", containerPort: 6480 },
              ],
            },
          ],
        },
      },
    });
    expect(budget?.spec?.maxUnavailable).toBe(1);
  });

  test("restarts the proxies when the configuration changes, and only then", () => {
    const sum = (values: Values) => install(values).set.spec?.template.metadata?.annotations?.["checksum/config"];
    expect(sum(changed(["replicas", 1]))).toBe(sum(chart.values));
    expect(sum(changed(["config.listen.port", 5433]))).not.toBe(sum(chart.values));
  });

  test.each<[string, Values]>([
    ["no proxy", changed(["replicas", 0])],
    ["two proxies with a store each", changed(["replicas", 2])],
    ["a key that does not exist", changed(["replica", 1])],
    ["a password in the configuration", changed(["config.targets", [{ name: "a", host: "b", password: "c" }]])],
    ["an address that no probe reaches", changed(["config.admin.host", "127.0.0.1"])],
    ["an API in the clear", changed(["config.admin.tls", undefined])],
    ["no API for the probes", changed(["config.admin", undefined])],
    ["an audit log on a disk that goes with the pod", changed(["config.audit.file", "/tmp/audit.jsonl"])],
    ["a store where others may write", changed(["config.store.file", "/var/lib/penstock/store.sqlite"])],
    ["no such port", changed(["config.listen.port", 65_536])],
    ["a size that is none", changed(["persistence.size", "lots"])],
    ["a digest that is none", changed(["image.digest", "sha256:12"])],
  ])("is not installed with %s", (_what, values) => {
    expect(isValid(values)).toBe(false);
  });

  test("has a configuration that the proxy takes", () => {
    const config = install(chart.values).config.data?.["penstock.yaml"] ?? "";
    // What Kubernetes mounts lies elsewhere here.
    writeFileSync(join(folder, "penstock.yaml"), config.replaceAll("/etc/penstock/secret/", `${folder}/`));
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const { cert, key } = selfSigned();
    const files = {
      "shop.password": "x",
      "policies.pub": publicKey.export({ type: "spki", format: "pem" }),
      "audit.key": privateKey.export({ type: "pkcs8", format: "pem" }),
      "server.pem": cert,
      "server.key": key,
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, { mode: 0o600 });
    const read = loadConfig(join(folder, "penstock.yaml"), {});
    expect(read.ok ? [] : read.problems).toEqual([]);
  });
});
