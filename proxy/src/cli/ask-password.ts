import type { ReadStream } from "node:tty";
import { CommandError, exitCodes } from "./exit-codes.ts";

const passwordCharactersMax = 1000;

/**
 * Asks for a new password on the terminal, twice, without showing it; without a terminal, takes the first line of standard
 * input. Never from an argument: `ps` would show it.
 */
export async function askPassword(name: string): Promise<string> {
  const input = process.stdin;
  const password = input.isTTY ? await askTwice(input, name) : await firstLine(input);
  if (password === "") throw new CommandError("the password is empty: nothing was changed", exitCodes.misuse);
  if (password.includes("\0")) throw new CommandError("a password cannot hold a NUL", exitCodes.misuse);
  if (password.length > passwordCharactersMax) {
    throw new CommandError(`the password has more than ${passwordCharactersMax} characters`, exitCodes.misuse);
  }
  return password;
}

/** Asks for a password that there is already, once. */
export function askKnownPassword(name: string): Promise<string> {
  const input = process.stdin;
  return input.isTTY ? askHidden(input, `Password for ${name}: `) : firstLine(input);
}

async function askTwice(input: ReadStream, name: string): Promise<string> {
  const first = await askHidden(input, `Password for ${name}: `);
  const second = await askHidden(input, "Again: ");
  if (first !== second) throw new CommandError("the passwords differ: nothing was changed", exitCodes.misuse);
  return first;
}

function askHidden(input: ReadStream, prompt: string): Promise<string> {
  process.stderr.write(prompt);
  input.setRawMode(true);
  input.setEncoding("utf8");
  input.resume();
  return new Promise((resolve, reject) => {
    let typed = "";
    const end = () => {
      input.off("data", take);
      input.setRawMode(false);
      input.pause();
      process.stderr.write("\n");
    };
    const take = (chunk: string | Buffer) => {
      for (const character of String(chunk)) {
        if (character === "\r" || character === "\n" || character === "\u0004") {
          end();
          resolve(typed);
          return;
        }
        if (character === "\u0003") {
          end();
          reject(new CommandError("interrupted: nothing was changed", exitCodes.failure));
          return;
        }
        typed =
          character === "\u007f" || character === "\b" ? Array.from(typed).slice(0, -1).join("") : typed + character;
      }
    };
    input.on("data", take);
  });
}

async function firstLine(input: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = Buffer.from(chunk);
    chunks.push(part);
    bytes += part.length;
    if (part.includes(0x0a) || bytes > passwordCharactersMax * 4) break;
  }
  return Buffer.concat(chunks).toString("utf8").split(/\r?\n/, 1)[0] ?? "";
}
