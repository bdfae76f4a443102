/**
 * Runs before the tests: makes sure that PostgreSQL's client programs and MariaDB's server are there, so that no test has to skip itself.
 * On Debian as root it installs what is missing; elsewhere it says how to, and ends with 1.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { clientTools, findTool, type ClientTool } from "../support/client-tools.ts";

const isTool = (name: string): name is ClientTool => name in clientTools;
const missingTools = () => Object.keys(clientTools).filter((name) => isTool(name) && findTool(name) === undefined);
const packagesFor = (tools: readonly string[]) => [
  ...new Set(tools.filter(isTool).map((name) => clientTools[name].debianPackage)),
];

const missing = missingTools();
if (missing.length > 0) {
  const canInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (canInstall) install(packagesFor(missing));
  const stillMissing = missingTools();
  if (stillMissing.length > 0) {
    console.error(explanation(stillMissing));
    process.exit(1);
  }
}

function install(packages: readonly string[]): void {
  console.error(`installing ${packages.join(" and ")}, which the tests need (${missing.join(", ")})`);
  // The server packages would otherwise make and start servers of their own, which nobody asked for.
  const noService = "/usr/sbin/policy-rc.d";
  const mayForbid = !existsSync(noService);
  if (mayForbid) writeFileSync(noService, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const noCluster = "/etc/postgresql-common/createcluster.d/penstock-tests.conf";
  mkdirSync("/etc/postgresql-common/createcluster.d", { recursive: true });
  writeFileSync(noCluster, "create_main_cluster = false\n");
  try {
    for (const args of [
      ["update", "-qq"],
      ["install", "-y", "-qq", "--no-install-recommends", ...packages],
    ]) {
      const result = spawnSync("apt-get", args, {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
      if (result.status !== 0) return;
    }
  } finally {
    rmSync(noCluster, { force: true });
    if (mayForbid) rmSync(noService, { force: true });
  }
}

function explanation(tools: readonly string[]): string {
  const lines = tools.filter(isTool).map((name) => `  ${name.padEnd(18)} for ${clientTools[name].why}`);
  return [
    "the tests need PostgreSQL's client programs and MariaDB's server, and these are missing:",
    ...lines,
    "install them and run again:",
    `  Debian, Ubuntu  sudo apt-get install ${packagesFor(tools).join(" ")}`,
    "  Fedora          sudo dnf install postgresql postgresql-contrib mariadb-server",
    "  macOS           brew install libpq mariadb",
  ].join("\n");
}
