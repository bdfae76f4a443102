/**
 * The server's side of a session after its login, as far as messages go: what PostgreSQL's main loop (postgres.c, PostgresMain) answers to
 * which message in which state. Its statements are few words; what a statement means does not matter here.
 *
 * The real server takes its turn in the other tests of this folder. This one answers a million sessions, and notes whatever should never
 * have come: a message that is no message, and each text that it was given.
 */
import { message, nameKey, nameKeyOf, type MessageWriter } from "../../../proxy/src/postgres/wire.ts";

type Status = "I" | "T" | "E";

interface ModelPortal {
  readonly text: string;
  rowsLeft: number;
  isDone: boolean;
}

class ModelError extends Error {
  readonly sqlstate: string;

  constructor(sqlstate: string) {
    super(sqlstate);
    this.sqlstate = sqlstate;
  }
}

const rows = 0;
const copyInRows = /^copy t from stdin$/;
const copyOutRows = /^copy t to stdout$/;

/** Minimum and maximum of each message's body, in bytes. */
const bodies: Readonly<Record<string, readonly [number, number]>> = {
  Q: [1, 1 << 24],
  P: [4, 1 << 24],
  B: [8, 1 << 28],
  D: [2, 1 << 14],
  E: [5, 1 << 14],
  C: [2, 1 << 14],
  H: [0, 0],
  S: [0, 0],
  X: [0, 0],
  d: [0, 1 << 30],
  c: [0, 0],
  f: [1, 1 << 14],
};

export class ModelServer {
  /** Every text that came in a Query or Parse. */
  readonly texts: string[] = [];
  /** What no client of good will sends, and so nothing that may come through a proxy. */
  readonly violations: string[] = [];
  ended = false;

  readonly #isRefused: (text: string) => boolean;
  #input: Buffer = Buffer.alloc(0);
  #unsent: Buffer[] = [];
  #sent: Buffer[] = [];
  #status: Status = "I";
  #skipping = false;
  /** A COPY reads, and who goes on when it is over. */
  #copying: { rows: number; readonly over: (error: ModelError | undefined) => void } | undefined;
  readonly #statements = new Map<string, string>();
  readonly #portals = new Map<string, ModelPortal>();
  #path = "public";
  #pathBefore = "public";

  /** @param isRefused texts that name an unknown column: all of a Query's statements fall with one of them, before any runs. */
  constructor(isRefused: (text: string) => boolean) {
    this.#isRefused = isRefused;
  }

  receive(bytes: Buffer): void {
    this.#input = this.#input.length === 0 ? bytes : Buffer.concat([this.#input, bytes]);
    while (!this.ended && this.#input.length >= 5) {
      const type = String.fromCharCode(this.#input[0]!);
      const length = this.#input.readUInt32BE(1);
      const [least, most] = bodies[type] ?? [1, 0];
      if (length < least + 4 || length > most + 4) {
        this.violations.push(`message type ${JSON.stringify(type)} of length ${length}`);
        this.ended = true;
        return;
      }
      if (this.#input.length < length + 1) return;
      const body = this.#input.subarray(5, length + 1);
      this.#input = this.#input.subarray(length + 1);
      this.#message(type, body);
    }
  }

  /** What the server has sent since the last call; what it holds back is not in it. */
  take(): Buffer {
    const bytes = Buffer.concat(this.#sent);
    this.#sent = [];
    return bytes;
  }

  /** Bytes of a message that has not come whole. */
  get unread(): number {
    return this.#input.length;
  }

  #message(type: string, body: Buffer): void {
    if (type === "X") {
      this.ended = true;
      return;
    }
    if (this.#copying !== undefined) {
      this.#copyMessage(type);
      return;
    }
    if (type === "d" || type === "c" || type === "f") return;
    if (type === "S") {
      this.#skipping = false;
      this.#endOfGroup();
      return;
    }
    if (this.#skipping) return;
    if (type === "H") {
      this.#flush();
      return;
    }
    if (type === "Q") {
      this.#query(this.#text(body, 0));
      return;
    }
    try {
      this.#extended(type, body);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.#failExtended(error);
    }
  }

  #extended(type: string, body: Buffer): void {
    switch (type) {
      case "P":
        this.#parse(body);
        return;
      case "B":
        this.#bind(body);
        return;
      case "D":
        this.#describe(body);
        return;
      case "E":
        this.#execute(body);
        return;
      default: {
        const name = nameOf(body, 1);
        (body[0] === 0x53 ? this.#statements : this.#portals).delete(name);
        this.#answer("3");
      }
    }
  }

  // Simple.

  #query(text: string): void {
    this.#statements.delete("");
    const parts = text.split(";").map((part) => part.trim());
    const statements = parts.filter((part) => part !== "");
    if (this.#isRefused(text)) {
      this.#failQuery(new ModelError(this.#status === "E" ? "25P02" : "42703"));
      return;
    }
    if (statements.length === 0) this.#answer("I");
    this.#runNext(statements, 0);
  }

  #runNext(statements: readonly string[], from: number): void {
    for (let index = from; index < statements.length; index++) {
      const statement = statements[index]!;
      try {
        this.#mayRun(statement);
        // It runs in the unnamed portal. An EXECUTE of nothing the proxy refuses before there is one.
        if (this.#effective(statement) !== statement || !statement.startsWith("execute")) this.#portals.delete("");
        if (copyInRows.test(statement)) {
          this.#beginCopy((error) => {
            if (error === undefined) this.#runNext(statements, index + 1);
            else this.#failQuery(error);
          });
          return;
        }
        this.#run(statement, true);
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        this.#failQuery(error);
        return;
      }
    }
    this.#endOfGroup();
  }

  #failQuery(error: ModelError): void {
    this.#fail(error);
    this.#endOfGroup();
  }

  // Extended.

  #parse(body: Buffer): void {
    const name = nameOf(body, 0);
    if (name === "") this.#statements.delete(name);
    const text = this.#text(body, body.indexOf(0) + 1).trim();
    if (text.includes(";")) throw new ModelError("42601");
    if (text !== "") this.#mayRun(text);
    if (this.#isRefused(text)) throw new ModelError("42703");
    if (name !== "" && this.#statements.has(name)) throw new ModelError("42P05");
    this.#statements.set(name, text);
    this.#answer("1");
  }

  #bind(body: Buffer): void {
    const portal = nameOf(body, 0);
    const after = body.indexOf(0) + 1;
    const text = this.#statements.get(nameOf(body, after));
    if (text === undefined) throw new ModelError("26000");
    if (text !== "") this.#mayRun(text);
    checkBind(body.subarray(body.indexOf(0, after) + 1));
    if (portal !== "" && this.#portals.has(portal)) throw new ModelError("42P03");
    this.#portals.set(portal, { text, rowsLeft: rowsOf(this.#effective(text)), isDone: false });
    this.#answer("2");
  }

  #describe(body: Buffer): void {
    const isStatement = body[0] === 0x53;
    const name = nameOf(body, 1);
    const text = isStatement ? this.#statements.get(name) : this.#portals.get(name)?.text;
    if (text === undefined) throw new ModelError(isStatement ? "26000" : "34000");
    const effective = this.#effective(text);
    if (this.#status === "E" && givesRows(effective)) throw new ModelError("25P02");
    if (isStatement) this.#answer("t", (writer) => writer.int16(0));
    if (givesRows(effective)) this.#rowDescription();
    else this.#answer("n");
  }

  #execute(body: Buffer): void {
    const portal = this.#portals.get(nameOf(body, 0));
    if (portal === undefined) throw new ModelError("34000");
    const most = body.readInt32BE(body.length - 4);
    const { text } = portal;
    if (text === "") {
      this.#answer("I");
      return;
    }
    this.#mayRun(text);
    const effective = this.#effective(text);
    if (givesRows(effective)) {
      const now = most > 0 ? Math.min(most, portal.rowsLeft) : portal.rowsLeft;
      for (let row = 0; row < now; row++) this.#row();
      portal.rowsLeft -= now;
      if (most > 0 && now === most) this.#answer("s");
      else this.#complete(`SELECT ${now}`);
      return;
    }
    if (portal.isDone) throw new ModelError("55000");
    portal.isDone = true;
    if (copyInRows.test(effective)) {
      this.#beginCopy((error) => {
        if (error !== undefined) this.#failExtended(error);
      });
    } else this.#run(text, false);
  }

  #failExtended(error: ModelError): void {
    this.#fail(error);
    this.#skipping = true;
  }

  // Statements.

  #mayRun(statement: string): void {
    if (this.#status === "E" && !/^(?:commit|rollback)$/.test(statement)) throw new ModelError("25P02");
  }

  /** What an EXECUTE runs. */
  #effective(text: string): string {
    const name = /^execute (\S+)$/.exec(text)?.[1];
    return name === undefined ? text : (this.#statements.get(nameKeyOf(name)) ?? text);
  }

  #run(text: string, describes: boolean): void {
    const [word = "", name = ""] = text.split(" ");
    switch (word) {
      case "begin":
        if (this.#status === "I") this.#pathBefore = this.#path;
        this.#status = "T";
        this.#complete("BEGIN");
        return;
      case "commit":
      case "rollback": {
        const isUndone = this.#status === "E" || word === "rollback";
        if (isUndone && this.#status !== "I") this.#setPath(this.#pathBefore);
        this.#status = "I";
        this.#portals.clear();
        this.#complete(isUndone ? "ROLLBACK" : "COMMIT");
        return;
      }
      case "set":
        this.#setPath(text.split(" to ")[1] ?? "");
        this.#complete("SET");
        return;
      case "prepare":
        if (this.#statements.has(nameKeyOf(name))) throw new ModelError("42P05");
        this.#statements.set(nameKeyOf(name), text.slice(text.indexOf(" as ") + 4));
        this.#complete("PREPARE");
        return;
      case "deallocate":
        if (!this.#statements.delete(nameKeyOf(name))) throw new ModelError("26000");
        this.#complete("DEALLOCATE");
        return;
      case "execute": {
        const prepared = this.#statements.get(nameKeyOf(name));
        if (prepared === undefined) throw new ModelError("26000");
        // PostgreSQL would go on; the proxy refuses it, as it does an unknown column.
        if (prepared.startsWith("execute")) throw new ModelError("42703");
        this.#run(prepared, describes);
        return;
      }
      case "copy":
        if (!copyOutRows.test(text)) throw new ModelError("42601");
        this.#answer("H", (writer) => writer.byte(0).int16(0));
        this.#answer("d", (writer) => writer.string("row"));
        this.#answer("c");
        this.#complete("COPY 1");
        return;
      case "select": {
        const count = rowsOf(text);
        if (describes) this.#rowDescription();
        for (let row = 0; row < count; row++) this.#row();
        this.#complete(`SELECT ${count}`);
        return;
      }
      default:
        throw new ModelError(text.includes("fail") ? "22012" : "42601");
    }
  }

  #setPath(path: string): void {
    if (path === this.#path) return;
    this.#path = path;
    this.#answer("S", (writer) => writer.string("search_path").string(path));
  }

  #beginCopy(over: (error: ModelError | undefined) => void): void {
    this.#copying = { rows, over };
    this.#answer("G", (writer) => writer.byte(0).int16(0));
    this.#flush();
  }

  #copyMessage(type: string): void {
    const copying = this.#copying!;
    if (type === "d") copying.rows++;
    else if (type !== "S" && type !== "H") {
      this.#copying = undefined;
      if (type === "c") {
        this.#complete(`COPY ${copying.rows}`);
        copying.over(undefined);
      } else {
        if (type !== "f") this.violations.push(`message type ${type} during COPY`);
        copying.over(new ModelError("57014"));
      }
    }
  }

  // Answers.

  #fail({ sqlstate }: ModelError): void {
    this.#answer("E", (writer) => {
      for (const [code, value] of [
        ["S", "ERROR"],
        ["V", "ERROR"],
        ["C", sqlstate],
        ["M", "model"],
      ] as const) {
        writer.byte(code.charCodeAt(0)).string(value);
      }
      writer.byte(0);
    });
    if (this.#status === "T") this.#status = "E";
    // elog.c, send_message_to_frontend
    this.#flush();
  }

  #endOfGroup(): void {
    if (this.#status === "I") this.#portals.clear();
    this.#answer("Z", (writer) => writer.byte(this.#status.charCodeAt(0)));
    this.#flush();
  }

  #rowDescription(): void {
    this.#answer("T", (writer) => writer.int16(1).string("v").int32(0).int16(0).int32(25).int16(-1).int32(-1).int16(0));
  }

  #row(): void {
    this.#answer("D", (writer) => writer.int16(1).int32(1).byte(0x31));
  }

  #complete(tag: string): void {
    this.#answer("C", (writer) => writer.string(tag));
  }

  #answer(type: string, write?: (writer: MessageWriter) => void): void {
    this.#unsent.push(message(type, write));
  }

  #flush(): void {
    this.#sent.push(...this.#unsent);
    this.#unsent = [];
  }

  #text(body: Buffer, from: number): string {
    const text = body.toString("utf8", from, body.indexOf(0, from));
    this.texts.push(text);
    return text;
  }
}

function nameOf(body: Buffer, from: number): string {
  return nameKey(body, from, body.indexOf(0, from));
}

function rowsOf(text: string): number {
  return Number(/^select (\d)/.exec(text)?.[1] ?? 0);
}

function givesRows(text: string): boolean {
  return text.startsWith("select");
}

/** Counts and lengths of what follows the names of a Bind, as exec_bind_message reads them. */
function checkBind(rest: Buffer): void {
  let at = 0;
  const int = (bytes: 2 | 4): number => {
    if (at + bytes > rest.length) throw new ModelError("08P01");
    const value = bytes === 2 ? rest.readInt16BE(at) : rest.readInt32BE(at);
    at += bytes;
    return value;
  };
  const formats = int(2);
  for (let index = 0; index < formats; index++) int(2);
  const values = int(2);
  // No statement here has parameters.
  if (values !== 0 || (formats > 1 && formats !== values)) throw new ModelError("08P01");
  const results = int(2);
  for (let index = 0; index < results; index++) int(2);
  if (at !== rest.length) throw new ModelError("08P01");
}
