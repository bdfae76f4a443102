/** Where the chain of a file stands that was written before: what is needed to go on with it. */
import { Chain, parseSeal, parseSegment, type SealLine, sealStart } from "./chain.ts";
import { fileLines, linesThatStartWith } from "./file-lines.ts";

/** The chain of a file that ends with a whole line; `undefined` where the file has none. */
export function continuedChain(descriptor: number): Chain | undefined {
  const last = lastSeal(descriptor);
  let chain: Chain | undefined;
  for (const line of fileLines(descriptor, last?.start ?? 0)) {
    if (chain !== undefined) chain.add(line, 1);
    else if (last === undefined) chain = begun(line);
    else {
      chain = Chain.behind(last.seal);
      chain.addSeal(last.seal, line);
    }
  }
  return chain;
}

function begun(line: Buffer): Chain | undefined {
  const segment = parseSegment(line.toString("utf8"));
  if (segment === undefined) return undefined;
  const chain = Chain.of(segment);
  chain.add(line, 1);
  return chain;
}

/** The last one that is whole, and where its line begins. */
export function lastSeal(descriptor: number): { readonly start: number; readonly seal: SealLine } | undefined {
  for (const start of linesThatStartWith(descriptor, sealStart)) {
    const [line = ""] = fileLines(descriptor, start);
    const seal = parseSeal(line.toString());
    if (seal !== undefined) return { start, seal };
  }
  return undefined;
}
