/** docs/identity.md: its commands as they stand, at a proxy that is configured as it says; hosts are this machine, and the provider is our own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { TestIssuer } from "../identity/issuers.ts";
import { Installation, type RunningProxy, users } from "../operation/proxy-process.ts";
import { certificate, revocationList, selfSigned } from "../protocol/certificate.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { fencesOf } from "./markdown.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/identity.md"), "utf8");
const programs = { policy: "engine/bin/policy.js", "policy-proxy": "proxy/bin/policy-proxy.ts" };
const issuer = new TestIssuer("https://login.example.com");
const tls = selfSigned();
const authority = certificate({ commonName: "clients", isAuthority: true });
const app = certificate({
  commonName: "app",
  issuer: authority,
  names: [["uri", "spiffe://example.org/ns/prod/sa/app"]],
});
const ana = makeApiToken();

/** Lines of the page's commands, without what is said of them. */
const commands = page
  .split("\n")
  .filter((line) => /^ {4}(?:\w+=\S+ )*(?:PGPASSWORD|MYSQL_PWD|psql|mariadb|npx|export|policy-proxy)\b/.test(line))
  .map((line) => line.trim().replace(/ {2,}# .*$/, ""));
/** What needs a provider with the device flow: `identity/commands.test.ts` runs them. */
const ofDeviceFlow = ["policy-proxy login", "policy-proxy connect shop", 'policy-proxy connect shop -- -c "select 1"'];

let server: PostgresServer;
let mariadb: MariadbServer;
let installation: Installation;
let proxy: RunningProxy;
beforeAll(async () => {
  [server, mariadb] = await Promise.all([startPostgres(), startMariadb(), issuer.server.start()]);
  installation = new Installation(server);
});
afterAll(async () => {
  await proxy?.stop("SIGKILL");
  installation.remove();
  await Promise.all([server.stop(), mariadb.stop(), issuer.server.stop()]);
});

/** `identity` of all examples of the page together, for one proxy. */
function identity(): string {
  const parts = fencesOf(page)
    .filter(({ language }) => language === "yaml")
    .map(({ text }) => text.slice(text.indexOf("identity:\n") + "identity:\n".length));
  const jwks = "https://login.example.com/.well-known/jwks.json";
  expect(parts).toHaveLength(3);
  return `identity:\n${parts.join("\n")}\n`.replace(jwks, `${issuer.server.url.href}\n      ca: issuer.pem`);
}

async function run(script: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const env = { PATH: `${installation.path("bin")}:${process.env["PATH"] ?? ""}`, HOME: installation.folder };
  const begin = "set -eEuo pipefail\ntrap 'echo \"failed: $BASH_COMMAND\" >&2' ERR";
  const child = spawn("bash", ["-c", `${begin}\n${script}`], {
    cwd: installation.folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  await once(child, "close");
  return { code: child.exitCode, output };
}

test("every command works that needs no provider, in its order", { timeout: 120_000 }, async () => {
  const files: Readonly<Record<string, string>> = {
    "server.pem": tls.cert,
    "server.key": tls.key,
    "issuer.pem": issuer.server.certificate.cert,
    "clients-ca.pem": authority.cert,
    "clients.crl": revocationList(authority, []),
    "app.pem": app.cert,
    "app.key": app.key,
    token: issuer.token({ aud: "penstock", email: "dan@example.com", name: "Dan", groups: ["Data Engineering"] }),
    "tokens.yaml": `tokens: [{ name: ana, user: ana, sha256: ${ana.sha256} }]\n`,
    "users.yaml": users + users.slice(users.indexOf("  - name")).replace("ana", "dana"),
    // Who trusts whom is of the machine: authorities that are in no system's list.
    ".postgresql/root.crt": tls.cert,
    ".my.cnf": `[client]\nssl-ca=${installation.path("server.pem")}\n`,
    "bin/npx": '#!/bin/sh\nexec "$@"\n',
  };
  for (const [name, text] of Object.entries(files)) installation.write(name, text);
  for (const [name, script] of Object.entries(programs))
    installation.write(`bin/${name}`, `#!/bin/sh\nexec "${process.execPath}" "${join(root, script)}" "$@"\n`);
  for (const name of ["npx", ...Object.keys(programs)]) chmodSync(installation.path(`bin/${name}`), 0o755);
  const [keygen, ...others] = commands.filter((command) => !ofDeviceFlow.includes(command));
  expect(commands).toEqual(expect.arrayContaining(ofDeviceFlow));
  expect(keygen).toBeDefined();
  // The key is there before the proxy that reads it.
  const isKeygen = (command: string) => command.startsWith("npx policy keygen");
  const all = [keygen ?? "", ...others];
  expect(await run(all.filter(isKeygen).join("\n"))).toMatchObject({ code: 0 });
  const { host, port, user, password } = mariadb;
  const other = `  - { name: shop_mysql, engine: mariadb, host: ${host}, port: ${port}, user: ${user}, password: "${password}", database: mysql, environment: test }\n`;
  const config = installation
    .config()
    .replace(
      /^listen: .*$/m,
      "listen: { host: localhost, port: 0, mysql_port: 0, tls: { cert: server.pem, key: server.key } }",
    )
    .replace(/^users:/m, `${other}users:`);
  const admin = "admin: { port: 0, tokens: tokens.yaml, allow: { tokens: [analysts] } }\n";
  installation.write("penstock.yaml", `${config}${admin}${identity()}`);
  proxy = await installation.start();
  const [, postgresPort = "", mysqlPort = ""] =
    /listening on \w+:(\d+) and, for MySQL, \w+:(\d+)/.exec(proxy.stderr) ?? [];
  const api = /"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1] ?? "";
  const here = (command: string) =>
    command
      .replaceAll("proxy.example.com", "localhost")
      .replaceAll("6432", postgresPort)
      .replaceAll("6433", mysqlPort)
      .replace("https://penstock.example.com", `http://${api}`)
      .replace("penstock_…", ana.token);
  const [client = ""] = /^ {4}issuer: .*\n(?: {4}.*\n)+/m.exec(page) ?? [];
  const trusted = client.replaceAll(/port: \d+/g, (text) => `${text}, ca: ${installation.path("server.pem")}`);
  installation.write(".config/penstock/client.yaml", here(trusted.replaceAll(/^ {4}/gm, "")));
  const outcome = await run(
    all
      .filter((command) => !isKeygen(command))
      .map(here)
      .join("\n"),
  );
  expect(`${outcome.code}\n${outcome.output}`).toMatch(/^0\n/);
  const connects = installation.audit().filter(({ event }) => event === "connect");
  expect(connects.map(({ method, principal }) => [method, principal])).toEqual([
    ["jwt", expect.objectContaining({ id: "dan@example.com", groups: ["analysts"] })],
    ["jwt", expect.objectContaining({ id: "dan@example.com", groups: ["analysts"] })],
    ["certificate", expect.objectContaining({ id: "spiffe://example.org/ns/prod/sa/app", groups: ["apps"] })],
    ["certificate", expect.objectContaining({ id: "spiffe://example.org/ns/prod/sa/app", groups: ["apps"] })],
    ["jwt", expect.objectContaining({ id: "helper", kind: "agent", on_behalf_of: "ana" })],
  ]);
  expect(outcome.output).not.toContain(readFileSync(installation.path("token"), "utf8"));
});
