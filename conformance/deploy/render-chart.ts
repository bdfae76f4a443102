/**
 * What `helm template` makes of our chart. Helm cannot be installed from npm, so this knows the part of Go's text/template and of Helm's functions
 * that the chart uses, and throws at everything else: https://pkg.go.dev/text/template, https://helm.sh/docs/chart_template_guide/.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly pipeline: string }
  | { readonly kind: "block"; readonly word: string; readonly pipeline: string; body: Node[]; otherwise: Node[] };
type Block = Extract<Node, { readonly kind: "block" }>;

export interface Chart {
  readonly values: Record<string, unknown>;
  readonly schema: unknown;
  readonly chart: Record<string, unknown>;
  /** Manifests, or the text of NOTES.txt, by file name. @throws what Helm would refuse */
  readonly render: (values: unknown) => ReadonlyMap<string, readonly unknown[]>;
}

export function readChart(folder: string): Chart {
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  const chart = parse(read("Chart.yaml")) as Record<string, unknown>;
  const templates = readdirSync(join(folder, "templates")).map(
    (name) => [name, parseTemplate(read(`templates/${name}`), name)] as const,
  );
  const named = new Map<string, readonly Node[]>();
  for (const node of templates.flatMap(([, nodes]) => nodes)) {
    if (node.kind === "block" && node.word === "define") named.set(textOf(node.pipeline), node.body);
  }
  return {
    values: parse(read("values.yaml")) as Record<string, unknown>,
    schema: JSON.parse(read("values.schema.json")),
    chart,
    render(values) {
      const root = {
        Values: values,
        Release: { Name: "penstock", Namespace: "data" },
        Chart: { Name: chart["name"], AppVersion: chart["appVersion"] },
      };
      const shown = templates.map(([name, nodes]): [string, readonly unknown[]] => {
        const text = new Renderer(named).all(nodes, root);
        return [name, name.endsWith(".yaml") ? manifests(text, name) : [text]];
      });
      return new Map(shown);
    },
  };
}

function manifests(text: string, name: string): readonly unknown[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${name}: ${document.errors.join("; ")}\n${text}`);
    const value: unknown = document.toJS();
    return value === null ? [] : [value];
  });
}

/** Actions with `{{-` take away the white space before them, those with `-}}` what is behind. */
function parseTemplate(text: string, name: string): Node[] {
  const root: Node[] = [];
  const open: { readonly block: Block | undefined; nodes: Node[] }[] = [{ block: undefined, nodes: root }];
  const top = () => open.at(-1) ?? { block: undefined, nodes: root };
  let trims = false;
  for (const piece of text.split(/(\{\{-?[\s\S]*?-?\}\})/)) {
    if (!piece.startsWith("{{")) {
      const shown = trims ? piece.trimStart() : piece;
      if (shown !== "") top().nodes.push({ kind: "text", text: shown });
      trims = false;
      continue;
    }
    const before = top().nodes.at(-1);
    if (piece.startsWith("{{-") && before?.kind === "text") {
      top().nodes[top().nodes.length - 1] = { kind: "text", text: before.text.trimEnd() };
    }
    trims = piece.endsWith("-}}");
    const action = piece
      .replace(/^\{\{-?/, "")
      .replace(/-?\}\}$/, "")
      .trim();
    const [, word = "", pipeline = ""] = /^(\w+)(?:\s+([\s\S]*))?$/.exec(action) ?? [];
    if (word === "end") {
      if (open.length === 1) throw new Error(`${name}: an end without a beginning`);
      open.pop();
    } else if (word === "else" && pipeline === "") {
      const { block } = top();
      if (block === undefined) throw new Error(`${name}: an else without an if`);
      top().nodes = block.otherwise;
    } else if (["define", "if", "with", "range"].includes(word)) {
      const block: Block = { kind: "block", word, pipeline, body: [], otherwise: [] };
      top().nodes.push(block);
      open.push({ block, nodes: block.body });
    } else top().nodes.push({ kind: "print", pipeline: action });
  }
  if (open.length > 1) throw new Error(`${name}: ${top().block?.word} ${top().block?.pipeline} has no end`);
  return root;
}

class Renderer {
  readonly #named: ReadonlyMap<string, readonly Node[]>;

  constructor(named: ReadonlyMap<string, readonly Node[]>) {
    this.#named = named;
  }

  all(nodes: readonly Node[], dot: unknown): string {
    return nodes.map((node) => this.#one(node, dot)).join("");
  }

  #one(node: Node, dot: unknown): string {
    switch (node.kind) {
      case "text":
        return node.text;
      case "print":
        return printed(this.#value(node.pipeline, dot));
      case "block":
        return node.word === "define" ? "" : this.#block(node, dot);
    }
  }

  #block({ word, pipeline, body, otherwise }: Block, dot: unknown): string {
    const value = this.#value(pipeline, dot);
    if (isEmpty(value)) return this.all(otherwise, dot);
    if (word === "if") return this.all(body, dot);
    if (word === "with") return this.all(body, value);
    if (!Array.isArray(value)) throw new Error(`range over what is no list: ${pipeline}`);
    return value.map((each) => this.all(body, each)).join("");
  }

  /** `f a | g b` is `g b (f a)`. */
  #value(pipeline: string, dot: unknown): unknown {
    let piped: { readonly value: unknown } | undefined;
    for (const stage of pipeline.split(" | ")) {
      const words = stage.trim().match(/"[^"]*"|\([^()]*\)|[^\s()"]+/g) ?? [];
      const [first = "", ...others] = words;
      const args = others.map((word) => this.#operand(word, dot));
      const isCall = /^[a-zA-Z]/.test(first);
      if (!isCall && words.length !== 1) throw new Error(`not understood: ${pipeline}`);
      piped = {
        value: isCall
          ? this.#call(first, piped === undefined ? args : [...args, piped.value])
          : this.#operand(first, dot),
      };
    }
    return piped?.value;
  }

  #operand(word: string, dot: unknown): unknown {
    if (word.startsWith('"')) return textOf(word);
    if (word.startsWith("(")) return this.#value(word.slice(1, -1), dot);
    if (/^\d+$/.test(word)) return Number(word);
    if (!/^\.([A-Za-z_]\w*(\.[A-Za-z_]\w*)*)?$/.test(word)) throw new Error(`not understood: ${word}`);
    let value = dot;
    for (const key of word
      .slice(1)
      .split(".")
      .filter((part) => part !== "")) {
      // As Helm: what is not there is nil, and nothing can be asked of nil.
      if (typeof value !== "object" || value === null) throw new Error(`nil pointer evaluating ${word}`);
      value = (value as Record<string, unknown>)[key];
    }
    return value;
  }

  #call(name: string, args: readonly unknown[]): unknown {
    const [one, other] = args;
    switch (name) {
      case "include":
        return this.all(this.#named.get(printed(one)) ?? missing(`the template ${printed(one)}`), other);
      case "toYaml":
        return stringify(one, { sortMapEntries: true, lineWidth: 0 }).trimEnd();
      case "nindent":
        return `\n${printed(other).replaceAll(/^/gm, " ".repeat(Number(one)))}`;
      case "quote":
        return JSON.stringify(printed(one));
      case "default":
        return isEmpty(other) ? one : other;
      case "int":
        return Math.trunc(Number(one));
      case "gt":
        return Number(one) > Number(other);
      case "sha256sum":
        return createHash("sha256").update(printed(one)).digest("hex");
      default:
        return missing(`the function ${name}`);
    }
  }
}

function missing(what: string): never {
  throw new Error(`there is not ${what}`);
}

function textOf(quoted: string): string {
  return JSON.parse(quoted) as string;
}

/** Of text/template: false, 0, nil, and what has no length. */
function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === false || value === 0 || value === "";
}

function printed(value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Error(`a template prints what is ${value === undefined ? "not there" : JSON.stringify(value)}`);
}
