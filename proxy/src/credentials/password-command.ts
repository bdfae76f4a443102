/** A password that a command prints, such as one of a vault or of a cloud's identity service. */
import { spawn } from "node:child_process";
import { basename } from "node:path";
import { errorMessage } from "../config/system-error.ts";
import { PasswordError, type PasswordSource } from "./password-source.ts";

export interface PasswordCommandOptions {
  /** Program and arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
  /** How long what it has printed is used again. */
  readonly keepMs: number;
}

const outputBytesMax = 16 * 1024;
/** A server that refuses every password must not have the command run for every login. */
const againMs = 2000;

export class PasswordCommand implements PasswordSource {
  readonly #options: PasswordCommandOptions;
  #known: { readonly password: string; readonly atMs: number } | undefined;
  #running: Promise<string> | undefined;

  constructor(options: PasswordCommandOptions) {
    this.#options = options;
  }

  current(): Promise<string> {
    const known = this.#known;
    if (known !== undefined && performance.now() - known.atMs < this.#options.keepMs)
      return Promise.resolve(known.password);
    // One run for all who ask meanwhile.
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  refused(password: string | undefined): boolean {
    const known = this.#known;
    if (known === undefined || known.password !== password) return true;
    if (performance.now() - known.atMs < againMs) return false;
    this.#known = undefined;
    return true;
  }

  async #run(): Promise<string> {
    const password = await outputOf(this.#options);
    this.#known = { password, atMs: performance.now() };
    return password;
  }
}

function outputOf({ command: [program = "", ...args], timeoutMs }: PasswordCommandOptions): Promise<string> {
  const name = `the password command \`${basename(program)}\``;
  return new Promise((resolve, reject) => {
    // A group of its own, so that what it has started ends with it. Its words on standard error may be secrets as well.
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], detached: true });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (why: string): void => {
      clearTimeout(timer);
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) endGroup(child.pid);
      child.stdout.destroy();
      reject(new PasswordError(`${name} ${why}`));
    };
    const timer = setTimeout(() => fail(`has not ended within ${timeoutMs / 1000} s`), timeoutMs);
    child.once("error", (error) => fail(`cannot be run: ${errorMessage(error)}`));
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > outputBytesMax) fail(`prints more than ${outputBytesMax} bytes`);
      else chunks.push(chunk);
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (code !== 0) return fail(`ended with ${code ?? signal ?? "an error"}`);
      const password = Buffer.concat(chunks)
        .toString("utf8")
        .replace(/\r?\n$/, "");
      if (password === "") return fail("prints nothing");
      return resolve(password);
    });
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended just now.
  }
}
