/**
 * `# policy: ignore P402 because …`: a warning that its author knows of and has a reason for. Behind code it is about its own line, alone in a
 * line about the next one with code. Errors cannot be silenced, and a silencing that silences nothing is a warning itself.
 */
import { codes, isCode } from "../codes/codes.ts";
import { type Diagnostic, diagnostic, type SourceFile, type Span } from "../diagnostics.ts";
import type { Module } from "../syntax/tree.ts";

/** A warning that is not reported, and why. */
export interface Silenced extends Diagnostic {
  readonly reason: string;
}

export interface Silencing {
  /** What is left, with what is wrong about silencings themselves. */
  readonly diagnostics: readonly Diagnostic[];
  readonly silenced: readonly Silenced[];
}

/** @param isLookedFor whether warnings of a code were looked for, so that a silencing of one that was not found is of no use */
export function silence(
  sources: readonly SourceFile[],
  modules: readonly Module[],
  found: readonly Diagnostic[],
  isLookedFor: (code: string) => boolean,
): Silencing {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const wishes = modules.flatMap((module) => wishesOf(module, texts.get(module.file) ?? ""));
  const used = new Set<Wish>();
  const silenced: Silenced[] = [];
  const left = found.filter((one) => {
    const wish = wishes.find(
      ({ code, reason, line, span }) =>
        code === one.code && reason !== "" && line === one.span.line && span.file === one.span.file,
    );
    if (wish === undefined || one.severity === "error") return true;
    used.add(wish);
    silenced.push({ ...one, reason: wish.reason });
    return false;
  });
  const mistakes = wishes.flatMap((wish) => mistakeOf(wish, used.has(wish) || !isLookedFor(wish.code)) ?? []);
  return { diagnostics: [...left, ...mistakes], silenced };
}

interface Wish {
  readonly code: string;
  readonly reason: string;
  /** That it is about. */
  readonly line: number;
  readonly span: Span;
}

const howTo = "write `# policy: ignore P402 because …`";

function mistakeOf({ code, reason, line, span }: Wish, isOfUse: boolean): Diagnostic | undefined {
  const say = (message: string, help: string): Diagnostic => diagnostic("P415", message, span, help);
  if (code === "") return say("no code says what is to be ignored", howTo);
  if (!isCode(code)) return say(`\`${code}\` is no code`, "codes stand in brackets behind the word `warning`");
  if (codes[code].severity === "error")
    return say(`\`${code}\` is an error, which is mended and not ignored`, "take it out");
  if (code === "P415") return say("a comment that ignores nothing is not ignored", "take it out");
  if (reason === "") return say(`nothing says why \`${code}\` is ignored`, howTo);
  if (!isOfUse) return say(`there is no \`${code}\` in line ${line} to be ignored`, "take it out");
  return undefined;
}

function wishesOf({ comments }: Module, text: string): Wish[] {
  const lines = text.split("\n");
  return comments.flatMap(({ text: comment, span }) => {
    const [, rest] = /^\s*policy:\s*ignore\b(.*)$/.exec(comment) ?? [];
    if (rest === undefined) return [];
    const [list = "", ...reasons] = rest.split(/\bbecause\b/);
    const reason = reasons.join("because").trim();
    const line = lineMeant(lines, span);
    const named = list.split(/[\s,]+/).filter((word) => word !== "");
    return (named.length === 0 ? [""] : named).map((code) => ({ code, reason, line, span }));
  });
}

/** Counted from 1. */
function lineMeant(lines: readonly string[], { line, column }: Span): number {
  if (lines[line - 1]?.slice(0, column - 1).trim() !== "") return line;
  const after = lines.findIndex((text, index) => index >= line && !/^\s*(#|$)/.test(text));
  return after < 0 ? line : after + 1;
}
