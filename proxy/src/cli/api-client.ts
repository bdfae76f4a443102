/** The command line's side of the HTTP API. */
import { readFileSync } from "node:fs";
import { Agent, request as requestTls } from "node:https";
import { request as requestPlain } from "node:http";
import { Option } from "commander";
import { errorMessage } from "../config/system-error.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

export interface ApiOptions {
  readonly url: string;
  readonly tokenFile?: string;
  readonly ca?: string;
}

const timeoutMs = 30_000;
/** The environment variable that a token is taken from: an argument would be seen by `ps`. */
const tokenVariable = "PENSTOCK_API_TOKEN";

/** The options of every command that calls the API. */
export function apiOptions(): readonly Option[] {
  return [
    new Option("--url <url>", "where the proxy's API is").default("http://127.0.0.1:6480").env("PENSTOCK_API_URL"),
    new Option("--token-file <file>", `file with an API token (default: the environment variable ${tokenVariable})`),
    new Option("--ca <file>", "certificates to trust instead of the system's, a PEM file"),
  ];
}

/** @param body JSON, or bytes as they are. @returns the answer's JSON; `undefined` where it has no body. Throws a CommandError with what the proxy says is wrong. */
export async function callApi(options: ApiOptions, method: string, path: string, body?: unknown): Promise<unknown> {
  const { url, tokenFile, ca } = options;
  const token = tokenFile === undefined ? process.env[tokenVariable] : readOption("--token-file", tokenFile).trim();
  if (token === undefined || token === "") {
    const help = `set ${tokenVariable}, or give --token-file; policy-proxy api-token add makes one`;
    throw new CommandError(`there is no API token\n  help: ${help}`, exitCodes.misuse);
  }
  if (!URL.canParse(path, url)) throw new CommandError(`${url} is no address`, exitCodes.misuse);
  const target = new URL(path, url);
  const agent = ca === undefined ? undefined : new Agent({ ca: readOption("--ca", ca) });
  const { status, text } = await send(
    target,
    method,
    token,
    agent,
    body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  );
  if (status === 204) return undefined;
  const answer = parse(text);
  if (status >= 200 && status < 300) return answer;
  const detail = isRecord(answer) && typeof answer["detail"] === "string" ? answer["detail"] : `HTTP status ${status}`;
  throw new CommandError(detail, status < 500 ? exitCodes.misuse : exitCodes.failure);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function send(
  url: URL,
  method: string,
  token: string,
  agent: Agent | undefined,
  body: string | Buffer | undefined,
): Promise<Answer> {
  const type = typeof body === "string" ? "application/json" : "application/gzip";
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) }),
  };
  const isPlain = url.protocol === "http:";
  const start = isPlain ? requestPlain : requestTls;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(
        new CommandError(
          `${url.origin} gives no answer: ${errorMessage(error)}\n  help: check --url, and \`admin\` in the proxy's configuration`,
          exitCodes.failure,
        ),
      );
    const request = start(
      url,
      { method, headers, timeout: timeoutMs, ...(isPlain || agent === undefined ? {} : { agent }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
        );
        response.on("error", fail);
      },
    );
    request.on("timeout", () => request.destroy(new Error(`nothing came within ${timeoutMs / 1000} s`)));
    request.on("error", fail);
    request.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readOption(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandError(`${option}: ${errorMessage(error)}`, exitCodes.misuse);
  }
}
