/**
 * What a script of `mysqltest` does, as far as it is the server's business: statements and connections. Variables that are set to constants
 * are known, and so are loops and conditions over them; a query's result, files, other programs and what waits for another connection are not.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Command, commandsOf } from "./mysqltest-commands.ts";

export type Step =
  | {
      readonly kind: "statement";
      /** Each character is a byte of the file. */
      readonly sql: string;
      /** `file:line` */
      readonly place: string;
      /** The order of rows is said to be of no interest. */
      readonly isSorted: boolean;
    }
  | { readonly kind: "connect"; readonly name: string; readonly user: string; readonly database: string }
  | { readonly kind: "connection" | "disconnect"; readonly name: string }
  | { readonly kind: "reset" };

export interface Script {
  readonly steps: readonly Step[];
  /** How often a command was passed over that may have mattered. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Say how results are shown, or what a test is for. */
const showing = new Set(
  `echo error disable_warnings enable_warnings disable_query_log enable_query_log disable_result_log enable_result_log
  disable_info enable_info disable_metadata enable_metadata disable_abort_on_error enable_abort_on_error disable_ps_protocol
  enable_ps_protocol disable_ps2_protocol enable_ps2_protocol disable_view_protocol enable_view_protocol disable_cursor_protocol
  enable_cursor_protocol disable_service_connection enable_service_connection disable_prepare_warnings enable_prepare_warnings
  disable_parsing disable_column_names enable_column_names disable_connect_log enable_connect_log disable_non_blocking_api
  enable_non_blocking_api disable_session_track_info enable_session_track_info disable_reconnect enable_reconnect disable_testcase
  enable_testcase disable_rpl_parse enable_rpl_parse vertical_results horizontal_results lowercase_result replace_column replace_regex
  replace_result replace_numeric_round result_format start_timer end_timer sleep real_sleep ping sync_slave_with_master save_master_pos
  character_set output optimizer_trace partially_sorted_result require`.split(/\s+/),
);
/** Need what is not here. */
const unknown = new Set(
  `exec exec_in_background execw system perl write_file append_file cat_file copy_file move_file remove_file remove_files_wildcard
  copy_files_wildcard mkdir rmdir list_files list_files_write_file list_files_append_file chmod file_exists diff_files send send_eval reap
  change_user shutdown_server send_quit send_shutdown wait_for_slave_to_stop sync_with_master query_get_value dirty_close die
  query_attributes`.split(/\s+/),
);
const known = new Set(
  `let inc dec eval evalp query query_vertical query_horizontal sorted_result connect connection disconnect source skip exit
  reset_connection enable_parsing while if`.split(/\s+/),
);

const sourcesMax = 20;
const stepsMax = 50_000;
const turnsMax = 1000;

/** @param root folder of the test suite, which `include/` and `$MYSQL_TEST_DIR` are in */
export function stepsOf(path: string, root: string): Script {
  const reader = new ScriptReader(root);
  reader.read(path, 0);
  return { steps: reader.steps, skipped: reader.skipped };
}

class Ended extends Error {}

class ScriptReader {
  readonly steps: Step[] = [];
  readonly skipped = new Map<string, number>();
  readonly #root: string;
  /** Without the dollar. `undefined`: set to what is not known here. */
  readonly #variables = new Map<string, string | undefined>();
  #isSorted = false;

  constructor(root: string) {
    this.#root = root;
    this.#variables.set("MYSQL_TEST_DIR", root);
  }

  read(path: string, depth: number): void {
    const commands = Array.from(commandsOf(readFileSync(path, "latin1")));
    try {
      this.#run(commands, path, depth);
    } catch (error) {
      // What a file leaves, it leaves for all that read it.
      if (!(error instanceof Ended) || depth > 0) throw error;
    }
  }

  #run(commands: readonly Command[], path: string, depth: number): void {
    let isParsed = true;
    for (let index = 0; index < commands.length; index++) {
      const command = commands[index]!;
      const word = /^[a-z_0-9]+/i.exec(command.text)?.[0].toLowerCase() ?? "";
      const rest = command.text.slice(word.length).trim();
      if (word === "disable_parsing") isParsed = false;
      if (word === "enable_parsing") isParsed = true;
      if (!isParsed || command.text === "}") continue;
      if (word === "while" || word === "if") {
        const end = endOfBlock(commands, index);
        this.#block(word, command.text, commands.slice(index + 1, end), path, depth);
        index = end;
        continue;
      }
      this.#command(command, word, rest, path, depth);
    }
  }

  #block(word: "while" | "if", head: string, body: readonly Command[], path: string, depth: number): void {
    for (let isAgain = true, turns = 0; isAgain; turns++) {
      const holds = this.#condition(head.replace(/^\w+/, "").replace(/\{$/, "").trim());
      if (holds === undefined) this.#skip(word);
      if (holds !== true) return;
      const before = this.#numbers();
      this.#run(body, path, depth);
      // One that changes no number would never end.
      isAgain = word === "while" && before !== this.#numbers() && turns < turnsMax;
    }
  }

  #numbers(): string {
    return JSON.stringify([...this.#variables]);
  }

  /** `($x)`, `(!$x)`, `($x < 3)` of numbers that are known. */
  #condition(text: string): boolean | undefined {
    const parts = /^\(\s*(!?)\s*(\$?\w+)\s*(?:(==|!=|<=|>=|<|>)\s*(\$?\w+)\s*)?\)$/.exec(text);
    if (parts === null) return undefined;
    const [, not, first = "", operator, second = ""] = parts;
    const left = this.#number(first);
    if (left === undefined) return undefined;
    if (operator === undefined) return (left !== 0) !== (not === "!");
    const right = this.#number(second);
    if (right === undefined) return undefined;
    const order = Math.sign(left - right);
    const orders = { "==": [0], "!=": [-1, 1], "<": [-1], "<=": [-1, 0], ">": [1], ">=": [0, 1] }[operator];
    return orders?.includes(order);
  }

  #number(text: string): number | undefined {
    const value = text.startsWith("$") ? this.#variables.get(text.slice(1)) : text;
    return value !== undefined && /^\d+$/.test(value.trim()) ? Number(value) : undefined;
  }

  #command({ text, line, isDashed }: Command, word: string, rest: string, path: string, depth: number): void {
    const isCommand = showing.has(word) || unknown.has(word) || known.has(word);
    if (!isCommand) {
      if (!isDashed) this.#statement(text, path, line);
      return;
    }
    if (showing.has(word)) return;
    if (unknown.has(word)) {
      this.#skip(word);
      return;
    }
    switch (word) {
      case "query":
      case "query_vertical":
      case "query_horizontal":
        this.#statement(rest, path, line);
        return;
      case "eval":
      case "evalp": {
        const sql = this.#substituted(rest);
        if (sql === undefined) this.#skip("eval of an unknown variable");
        else this.#statement(sql, path, line);
        return;
      }
      case "let":
        this.#let(rest);
        return;
      case "inc":
      case "dec": {
        const name = rest.replace(/^\$/, "");
        const value = this.#number(rest);
        this.#variables.set(name, value === undefined ? undefined : String(value + (word === "inc" ? 1 : -1)));
        return;
      }
      case "sorted_result":
        this.#isSorted = true;
        return;
      case "connect":
        this.#connect(rest);
        return;
      case "connection":
      case "disconnect":
        this.steps.push({ kind: word, name: this.#substituted(rest) ?? rest });
        return;
      case "reset_connection":
        this.steps.push({ kind: "reset" });
        return;
      case "source":
        this.#source(rest, path, depth);
        return;
      case "exit":
      case "skip":
        throw new Ended();
    }
  }

  #statement(sql: string, path: string, line: number): void {
    if (sql === "") return;
    this.steps.push({ kind: "statement", sql, place: `${path}:${line}`, isSorted: this.#isSorted });
    this.#isSorted = false;
    if (this.steps.length > stepsMax) throw new Ended();
  }

  #let(text: string): void {
    const parts = /^\$?(\w+)\s*=\s*([^]*)$/.exec(text);
    if (parts === null) return;
    const [, name = "", value = ""] = parts;
    this.#variables.set(name, value.startsWith("`") || /^\w+\(/.test(value) ? undefined : this.#substituted(value));
  }

  /** `undefined` where a variable is not known. */
  #substituted(text: string): string | undefined {
    let isKnown = true;
    const substituted = text.replaceAll(/\\\$|\$(\w+)/g, (image, name: string | undefined) => {
      if (name === undefined) return "$";
      const value = this.#variables.get(name);
      // JSON paths are written with a dollar too.
      if (value === undefined && this.#variables.has(name)) isKnown = false;
      return value ?? image;
    });
    return isKnown ? substituted : undefined;
  }

  /** `(name, host, user, password, database, …)` */
  #connect(text: string): void {
    const parts = (this.#substituted(text) ?? text).replaceAll(/^\(|\)$/g, "").split(",");
    const [name = "", , user = "", , database = ""] = parts.map((part) => part.trim());
    this.steps.push({ kind: "connect", name, user, database });
  }

  #source(text: string, from: string, depth: number): void {
    const name = this.#substituted(text)?.replace(/;$/, "").trim();
    const found =
      name === undefined
        ? undefined
        : [join(this.#root, name), join(dirname(from), name), name].find((path) => existsSync(path));
    if (found === undefined || depth >= sourcesMax) this.#skip("source");
    else this.read(found, depth + 1);
  }

  #skip(what: string): void {
    this.skipped.set(what, (this.skipped.get(what) ?? 0) + 1);
  }
}

/** Index of the brace that ends the block. */
function endOfBlock(commands: readonly Command[], from: number): number {
  for (let index = from + 1, depth = 1; index < commands.length; index++) {
    const { text } = commands[index]!;
    if (/^(?:while|if)\s*\(/i.test(text)) depth++;
    if (text === "}" && --depth === 0) return index;
  }
  return commands.length;
}
