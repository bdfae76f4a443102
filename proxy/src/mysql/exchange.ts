/** One command and its answer: how far the answer is, and what the client gets of it. */
import type { StatementPlan } from "../enforce/plan.ts";
import type { ColumnDefinition } from "./messages/column-definition.ts";
import type { ErrFields } from "./messages/err.ts";
import type { Prepared } from "./prepared.ts";
import type { Run } from "./run.ts";
import type { Asked } from "./side-query.ts";

/** The form of the answer ("Command Phase"). */
export type AnswerKind =
  /** OK, EOF or ERR. */
  | "simple"
  /** A text of any form, in one packet: COM_STATISTICS. */
  | "text"
  /** OK, ERR, or results: COM_QUERY and COM_STMT_EXECUTE. */
  | "query"
  | "prepare"
  /** Rows only: COM_STMT_FETCH. */
  | "fetch"
  /** Descriptions only: COM_FIELD_LIST. */
  | "fields";

/** Which packet is due. */
export const phase = {
  first: 0,
  columns: 1,
  /** The EOF behind descriptions, for clients that want one. */
  columnsEnd: 2,
  rows: 3,
  /** Of COM_STMT_PREPARE. */
  parameters: 4,
  parametersEnd: 5,
  /** Descriptions up to an EOF, as many as there are. */
  fields: 6,
} as const;

const nothing: readonly ReadonlySet<number>[] = [];
/** INVARIANT: it stays empty. */
const noColumns: ColumnDefinition[] = [];

export class Exchange {
  readonly kind: AnswerKind;
  phase: number = phase.first;
  /** Of the server's next packet. */
  sequence: number;
  /** What to add to the server's numbers for the client: its command may have come in more or fewer packets than the proxy has sent. */
  shift: number;
  /** How many columns the result has, or the statement that is being prepared. */
  columns = 0;
  /** Descriptions that are still due. */
  columnsLeft = 0;
  /** Of COM_STMT_PREPARE: how many descriptions of columns come after those of parameters. */
  columnsAfter = 0;
  /** The packet before was as long as a packet can be: the next one goes on with its payload. */
  continues = false;
  /** The row that is on its way goes on to the client. */
  rowPasses = true;
  /** The client has its answer, an error: nothing more passes. */
  isSettled = false;
  /** Answered by the proxy, as soon as the server has ended its own answer. */
  verdict: ErrFields | undefined = undefined;
  /** Executions of the text's statements that are not answered yet, first one first. */
  runs: Run[] = [];
  /** Of all statements of the text: columns that no result may come from. Which of them a result is of, cannot always be told. */
  forbidden: readonly ReadonlySet<number>[] = nothing;
  /** What is being prepared, or run. */
  prepared: Prepared | undefined = undefined;
  /**
   * Rows may wait in a cursor that the client has asked for. The server's flag alone says nothing: a stored program that has used a cursor of
   * its own leaves it behind, and its rows follow.
   */
  opensCursor = false;
  /** Who asked, where it was the proxy itself. */
  asked: Asked | undefined = undefined;
  /** Called when the answer has ended. */
  ended: ((succeeded: boolean) => void) | undefined = undefined;
  /** The text that the server has is not the one that the client sent. */
  isRewritten = false;
  /** Its rows are not for the client as they are: makes of each, in text format, what goes on under a sequence number. */
  rowAsShown: ((buffer: Buffer, body: number, end: number, sequence: number) => Buffer) | undefined = undefined;
  /** Its rows are taken apart, as `run.change` says. */
  opensRows = false;
  /** Descriptions of a result whose rows may be taken apart. */
  described: ColumnDefinition[] = noColumns;

  /** @param sequence number of the answer's first packet @param shift see there */
  constructor(kind: AnswerKind, sequence: number, shift: number) {
    this.kind = kind;
    this.sequence = sequence;
    this.shift = shift;
  }

  /** No result may come from what these hide. For most there is nothing to note. */
  forbid(plans: readonly StatementPlan[]): void {
    for (const { forbidden } of plans) {
      if (forbidden !== undefined) this.forbidden = [...this.forbidden, forbidden];
    }
  }

  /** A result begins: nothing is known of its rows yet. */
  beginResult(columns: number): void {
    this.columns = columns;
    this.columnsLeft = columns;
    this.phase = phase.columns;
    this.rowPasses = true;
    this.rowAsShown = undefined;
    this.opensRows = false;
    this.described = noColumns;
  }

  /** Whether rows have to be whole to be looked at. */
  get needsWholeRows(): boolean {
    return this.asked !== undefined || this.rowAsShown !== undefined || this.opensRows;
  }

  /** The execution that the next packets answer. */
  get run(): Run | undefined {
    return this.runs[0];
  }

  /** Of the client's next packet. */
  get clientSequence(): number {
    return (this.sequence + this.shift) & 0xff;
  }
}
