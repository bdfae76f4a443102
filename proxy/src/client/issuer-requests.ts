import type { IncomingMessage } from "node:http";
import { request } from "node:https";

interface IssuerAnswer {
  readonly status: number;
  /** `undefined` for what is no JSON. */
  readonly body: unknown;
}

const timeoutMs = 15_000;
const bytesMax = 256 * 1024;

/** Over TLS only. Rejects where there is no answer. @param ca PEM, instead of the system's authorities */
export function getJson(url: string, ca: string | undefined): Promise<IssuerAnswer> {
  return ask(url, ca, undefined);
}

export function postForm(
  url: string,
  form: Readonly<Record<string, string>>,
  ca: string | undefined,
): Promise<IssuerAnswer> {
  return ask(url, ca, new URLSearchParams(form).toString());
}

async function ask(url: string, ca: string | undefined, form: string | undefined): Promise<IssuerAnswer> {
  if (!URL.canParse(url) || new URL(url).protocol !== "https:") throw new Error(`${url} is no https:// address`);
  const options = {
    method: form === undefined ? "GET" : "POST",
    headers: {
      accept: "application/json",
      "user-agent": "penstock",
      ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    },
    agent: false as const,
    signal: AbortSignal.timeout(timeoutMs),
    ...(ca === undefined ? {} : { ca }),
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(url, options, resolve);
    asked.once("error", (error) =>
      reject(new Error(`${new URL(url).host} does not answer: ${error.message}`, { cause: error })),
    );
    asked.end(form);
  });
  let text = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
    text += chunk;
    if (text.length > bytesMax) throw new Error(`${new URL(url).host} answers more than ${bytesMax} bytes`);
  }
  return { status: response.statusCode ?? 0, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
