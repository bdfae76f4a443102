/** Changes that a diagnostic proposes. */
import type { Diagnostic, SourceFile } from "../diagnostics.ts";
import type { Edit } from "./rename.ts";

export interface Fix {
  readonly title: string;
  readonly edit: Edit;
}

/** "did you mean": the proposed name in place of the one that the message is about. */
export function fixOf({ message, help, span }: Diagnostic, source: SourceFile): Fix | undefined {
  const meant = /^did you mean `([^`]+)`\?$/.exec(help ?? "")?.[1];
  if (meant === undefined) return undefined;
  const text = source.text.slice(span.start, span.end);
  for (const quoted of [...message.matchAll(/`([^`]+)`/g)].reverse()) {
    const wrong = (quoted[1] ?? "").replace(/^"(.*)"$/, "$1");
    const at = wordIn(text, wrong);
    if (at === undefined) continue;
    const start = span.start + at;
    return {
      title: `Change to \`${meant}\``,
      edit: { span: { ...span, start, end: start + wrong.length }, text: meant },
    };
  }
  return undefined;
}

function wordIn(text: string, word: string): number | undefined {
  if (word === "") return undefined;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const isPart = /\w/.test(text.charAt(at - 1)) || /\w/.test(text.charAt(at + word.length));
    if (!isPart) return at;
  }
  return undefined;
}
