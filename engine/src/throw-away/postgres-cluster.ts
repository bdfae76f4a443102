/**
 * An initialised data directory. initdb takes one to two seconds, so a test run keeps one of each major and each server starts
 * from a copy; the folder for it comes from the test run's global setup and lives as long as the run.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { runnableNativeFolder, type PostgresMajor, type ServerUser } from "./postgres-binaries.ts";

/** Names the folder that this test run shares; unset outside a test run. */
export const templatesVariable = "PENSTOCK_TEST_POSTGRES_TEMPLATES";

export interface Cluster {
  /** The data directory, owned by the server's user. */
  readonly data: string;
  /** The folder with `bin`. */
  readonly native: string;
  readonly password: string;
}

/** Makes a fresh data directory in `folder` (which exists and is empty). */
export function createCluster(major: PostgresMajor, user: ServerUser | undefined, folder: string): Cluster {
  const templates = process.env[templatesVariable];
  if (templates === undefined) return initialise(major, user, folder);
  const template = join(templates, String(major));
  if (!existsSync(template)) buildTemplate(major, user, templates, template);
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  execFileSync("cp", ["-R", join(template, "data"), data], { ...user });
  const read = (name: string) => readFileSync(join(template, name), "utf8");
  return { data, native: read("native"), password: read("password") };
}

/** Two test files may build at the same time: the first to rename wins, the other uses what is there. */
function buildTemplate(major: PostgresMajor, user: ServerUser | undefined, templates: string, template: string): void {
  // The copy of the programs, where one is needed, must not move with the template.
  const building = mkdtempSync(join(templates, `${major}-`));
  const folder = join(building, "template");
  if (user) chownSync(building, user.uid, user.gid);
  mkdirSync(folder);
  const { native, password } = initialise(major, user, folder, join(building, "programs"));
  writeFileSync(join(folder, "native"), native);
  writeFileSync(join(folder, "password"), password);
  try {
    renameSync(folder, template);
  } catch (error) {
    if (!existsSync(template)) throw error;
    rmSync(building, { recursive: true, force: true });
  }
}

function initialise(
  major: PostgresMajor,
  user: ServerUser | undefined,
  folder: string,
  copyTo = join(folder, "programs"),
): Cluster {
  if (user) chownSync(folder, user.uid, user.gid);
  const native = runnableNativeFolder(major, user, copyTo);
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  const password = randomBytes(16).toString("hex");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  // Byte order and Unicode case mapping without ICU, the same on every machine.
  const locale =
    major >= 17
      ? ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
      : [process.platform === "linux" ? "--locale=C.UTF-8" : "--locale=C"];
  const args = [
    `--pgdata=${data}`,
    "--username=postgres",
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    ...locale,
    "--wal-segsize=1",
    "--no-sync",
    "--no-instructions",
  ];
  execFileSync(join(native, "bin", "initdb"), args, {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", TZ: "UTC" },
    ...user,
  });
  rmSync(passwordFile);
  return { data, native, password };
}
