import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PasswordCommand } from "./password-command.ts";
import { fixedPassword, passwordInFile, type PasswordSource, withPassword } from "./password-source.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-password-"));
  file = join(folder, "password");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A command that counts its runs in a file and prints what another one holds. */
function command(script: string, options: { readonly keepMs?: number; readonly timeoutMs?: number } = {}) {
  const program = join(folder, "print-password");
  writeFileSync(program, `#!/bin/sh\necho run >> "${folder}/runs"\n${script}\n`);
  chmodSync(program, 0o700);
  return new PasswordCommand({ command: [program], keepMs: 60_000, timeoutMs: 5000, ...options });
}
const runs = () =>
  existsSync(join(folder, "runs")) ? readFileSync(join(folder, "runs"), "utf8").split("\n").length - 1 : 0;

class Refused extends Error {
  readonly code = "28P01";
}
/** Logs in where only one password is right. @returns the passwords that were tried */
async function tried(source: PasswordSource, right: () => string): Promise<(string | undefined)[]> {
  const passwords: (string | undefined)[] = [];
  await withPassword(source, (password) => {
    passwords.push(password);
    return password === right() ? Promise.resolve() : Promise.reject(new Refused());
  }).catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    passwords.push("refused");
  });
  return passwords;
}

describe("a password file", () => {
  test("is read for each login", async () => {
    writeFileSync(file, "one\n");
    const source = passwordInFile(file);
    expect(await source.current()).toBe("one");
    writeFileSync(file, "two");
    expect(await source.current()).toBe("two");
  });

  test("that is gone or empty is told, and no other password is taken", async () => {
    await expect(passwordInFile(file).current()).rejects.toThrow(`the password file ${file} does not exist`);
    writeFileSync(file, "\n");
    await expect(passwordInFile(file).current()).rejects.toThrow(`the password file ${file} is empty`);
  });

  test("that changes while a login is under way is read again, once", async () => {
    writeFileSync(file, "old");
    const source = passwordInFile(file);
    const passwords: (string | undefined)[] = [];
    await withPassword(source, (password) => {
      passwords.push(password);
      writeFileSync(file, "new");
      return password === "new" ? Promise.resolve() : Promise.reject(new Refused());
    });
    expect(passwords).toEqual(["old", "new"]);
    expect(await tried(source, () => "another")).toEqual(["new", "refused"]);
  });
});

test("a fixed password is tried once", async () => {
  expect(await tried(fixedPassword("x"), () => "y")).toEqual(["x", "refused"]);
});

test("what fails otherwise is not tried again", async () => {
  writeFileSync(file, "x");
  let logins = 0;
  const failed = withPassword(passwordInFile(file), () => {
    logins++;
    writeFileSync(file, "y");
    return Promise.reject(new Error("no answer"));
  });
  await expect(failed).rejects.toThrow("no answer");
  expect(logins).toBe(1);
});

describe("a password command", () => {
  test("is run once for all logins of a while", async () => {
    const source = command("echo secret");
    expect(await Promise.all([source.current(), source.current()])).toEqual(["secret", "secret"]);
    expect(await source.current()).toBe("secret");
    expect(runs()).toBe(1);
  });

  test("is run again after a while", async () => {
    writeFileSync(file, "one");
    const source = command(`cat "${file}"`, { keepMs: 100 });
    expect(await source.current()).toBe("one");
    writeFileSync(file, "two");
    await sleep(150);
    expect(await source.current()).toBe("two");
  });

  test("is run again when the server refuses, but not for every login", async () => {
    writeFileSync(file, "one");
    const source = command(`cat "${file}"`);
    expect(await source.current()).toBe("one");
    writeFileSync(file, "two");
    await sleep(2100);
    expect(await tried(source, () => "two")).toEqual(["one", "two"]);
    expect(runs()).toBe(2);
    for (let login = 0; login < 5; login++) expect(await tried(source, () => "three")).toEqual(["two", "refused"]);
    expect(runs()).toBe(2);
  });

  test.each([
    ["fails", "echo secret; echo secret >&2; exit 3", /^the password command `print-password` ended with 3$/],
    ["prints nothing", "true", /^the password command `print-password` prints nothing$/],
    ["prints without end", "yes secret", /^the password command `print-password` prints more than 16384 bytes$/],
    ["ends by a signal", "kill -9 $$", /^the password command `print-password` ended with SIGKILL$/],
  ])("that %s is told, without what it prints", async (_what, script, message) => {
    await expect(command(script).current()).rejects.toThrow(message);
  });

  test("that does not end is ended, with all that it has started", async () => {
    const source = command(`sleep 50 & echo $! > "${folder}/pid"; sleep 50`, { timeoutMs: 300 });
    await expect(source.current()).rejects.toThrow("the password command `print-password` has not ended within 0.3 s");
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    await sleep(50);
    expect(isRunning(pid)).toBe(false);
  });

  test("that does not exist is told", async () => {
    const source = new PasswordCommand({ command: [join(folder, "none")], keepMs: 0, timeoutMs: 1000 });
    await expect(source.current()).rejects.toThrow(/^the password command `none` cannot be run: spawn .* ENOENT$/);
  });

  test("is given its arguments as they are: no shell reads them", async () => {
    const source = new PasswordCommand({ command: ["echo", "$HOME; `id`"], keepMs: 0, timeoutMs: 1000 });
    expect(await source.current()).toBe("$HOME; `id`");
  });
});

/** Not waited for by its parent, which is gone: a zombie counts as ended. */
function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
