/** KILL of a client names a connection by the id that the proxy gave it: the server's own mean other people's. */
export interface Kill {
  readonly kind: "query" | "connection";
  readonly connectionId: number;
}

const syntax = /^\s*kill\s+(?:(?:hard|soft)\s+)?(?:(query|connection)\s+)?([0-9]{1,10})\s*;?\s*$/i;

/** `undefined` for other texts, KILL in other forms among them. */
export function killOf(text: string): Kill | undefined {
  if (text.length > textCharsMax) return undefined;
  const match = syntax.exec(text);
  if (match === null) return undefined;
  return { kind: match[1]?.toLowerCase() === "query" ? "query" : "connection", connectionId: Number(match[2]) };
}

const textCharsMax = 100;
