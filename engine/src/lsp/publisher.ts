/** Sends what is wrong: a little after the last change, and only for files of which it differs from what was sent. */
import type { Diagnostic, SourceFile } from "@penstock/language";
import { type Connection, type Diagnostic as Shown, DiagnosticSeverity } from "vscode-languageserver/node";
import { rangeOf } from "./locations.ts";
import type { Project } from "./project.ts";
import type { TestOutcome } from "./test-runs.ts";
import type { Tests } from "./tests.ts";

/** After the last key: shorter would show mistakes in words that are still being typed. */
const quietMs = 150;

export class Publisher {
  private readonly connection: Connection;
  private readonly tests: Tests;
  private readonly uriOf: (path: string) => string;
  /** By project and URI, as JSON. */
  private readonly sent = new Map<Project, Map<string, string>>();
  private readonly waiting = new Set<Project>();
  private timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection, tests: Tests, uriOf: (path: string) => string) {
    this.connection = connection;
    this.tests = tests;
    this.uriOf = uriOf;
  }

  schedule(projects: Iterable<Project>): void {
    for (const project of projects) this.waiting.add(project);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), quietMs);
  }

  /** Takes away what projects show that are no more. */
  keepOnly(projects: readonly Project[]): void {
    for (const project of [...this.sent.keys(), ...this.waiting]) {
      if (projects.includes(project)) continue;
      this.waiting.delete(project);
      this.update(project, new Map());
      this.sent.delete(project);
    }
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private flush(): void {
    const projects = [...this.waiting];
    this.waiting.clear();
    for (const project of projects) {
      try {
        this.update(project, this.shownOf(project));
      } catch (error) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.connection.console.error(`checking failed: ${text}`);
      }
    }
  }

  private shownOf(project: Project): Map<string, readonly Shown[]> {
    return new Map(
      [...project.diagnostics()].map(([path, diagnostics]) => {
        const source = project.set.files.get(path)?.source ?? { path, text: "" };
        const mistakes = diagnostics.map((diagnostic) => shown(diagnostic, rangeOf(source, diagnostic.span)));
        return [
          this.uriOf(path),
          [...mistakes, ...this.tests.failures(source).map((failure) => failed(failure, source))],
        ];
      }),
    );
  }

  private update(project: Project, shownNow: ReadonlyMap<string, readonly Shown[]>): void {
    const before = this.sent.get(project) ?? new Map<string, string>();
    const now = new Map([...shownNow].map(([uri, diagnostics]) => [uri, JSON.stringify(diagnostics)]));
    this.sent.set(project, now);
    for (const uri of new Set([...before.keys(), ...now.keys()])) {
      if ((before.get(uri) ?? "[]") === (now.get(uri) ?? "[]")) continue;
      const diagnostics = [...(shownNow.get(uri) ?? [])];
      void this.connection.sendDiagnostics({ uri, diagnostics });
    }
  }
}

/** At the condition that did not hold. */
function failed({ name, line, text }: TestOutcome, source: SourceFile): Shown {
  const start = source.text.split("\n", line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const written = source.text.slice(start).split("\n", 1)[0] ?? "";
  const indent = written.length - written.trimStart().length;
  const range = rangeOf(source, { start: start + indent, end: start + written.trimEnd().length });
  return { severity: DiagnosticSeverity.Error, source: "policy test", message: `${name} failed\n${text}`, range };
}

function shown({ code, severity, message, help }: Diagnostic, range: Shown["range"]): Shown {
  return {
    code,
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    source: "policy",
    message: help === undefined ? message : `${message}\n${help}`,
    range,
  };
}
