/** Partitions in ALTER TABLE (manual: ALTER TABLE Partition Operations). */
import * as t from "../lexer/tokens.ts";
import type { AlterAction } from "../tree/ddl.ts";
import type { Expression } from "../tree/expressions.ts";
import type { QualifiedName } from "../tree/node.ts";
import { CreateTableGrammar } from "./create-table.ts";

const { k } = t;

type Parts = Omit<AlterAction, "start" | "end">;

export abstract class AlterPartitionsGrammar extends CreateTableGrammar {
  protected isPartitionAction(): boolean {
    if (this.isNext(k.CONVERT)) return !this.isNext(k.TO, 2);
    return this.isNext(k.PARTITION) || this.isNext(k.PARTITION, 2) || this.isNext(k.PARTITIONING, 2);
  }

  /** ADD, DROP, REORGANIZE PARTITION and so on (manual: ALTER TABLE Partition Operations) */
  protected readonly partitionAction = this.RULE("partitionAction", (): Parts => {
    const expressions: Expression[] = [];
    const tables: QualifiedName[] = [];
    let kind: Parts["kind"] = "partition";
    this.OR([
      {
        ALT: () => {
          const inside = this.SUBRULE(this.partitionBy);
          this.append(expressions, inside);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.ADD);
          this.CONSUME(k.PARTITION);
          this.OPTION(() => this.SUBRULE(this.ifNotExists));
          this.OPTION1(() => this.CONSUME(t.group.binlogOption));
          this.OR1([
            {
              ALT: () => {
                this.CONSUME(k.PARTITIONS);
                this.SUBRULE(this.number);
              },
            },
            { ALT: () => this.SUBRULE(this.partitionDefinitions, { ARGS: [expressions] }) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.REMOVE);
          this.CONSUME(k.PARTITIONING);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.REORGANIZE);
          this.CONSUME1(k.PARTITION);
          this.OPTION2(() => this.CONSUME1(t.group.binlogOption));
          this.OPTION3(() => {
            this.SUBRULE(this.partitionNames);
            this.CONSUME(k.INTO);
            this.SUBRULE1(this.partitionDefinitions, { ARGS: [expressions] });
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.EXCHANGE);
          this.CONSUME2(k.PARTITION);
          this.SUBRULE(this.identifier);
          this.CONSUME(k.WITH);
          this.CONSUME(k.TABLE);
          tables.push(this.SUBRULE(this.objectName));
          kind = "exchange";
        },
      },
      {
        // MariaDB: `CONVERT PARTITION p TO TABLE t`, `CONVERT TABLE t TO PARTITION p VALUES …`
        ALT: () => {
          this.CONSUME(k.CONVERT);
          this.OR3([
            {
              ALT: () => {
                this.CONSUME4(k.PARTITION);
                this.SUBRULE1(this.identifier);
                this.CONSUME(k.TO);
                this.CONSUME1(k.TABLE);
                tables.push(this.SUBRULE1(this.objectName));
              },
            },
            {
              ALT: () => {
                this.CONSUME2(k.TABLE);
                tables.push(this.SUBRULE2(this.objectName));
                this.CONSUME1(k.TO);
                this.SUBRULE(this.partitionDefinition, { ARGS: [expressions] });
              },
            },
          ]);
          kind = "exchange";
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.group.partitionVerb);
          this.CONSUME3(k.PARTITION);
          this.OPTION4(() => this.SUBRULE(this.ifExists));
          this.OPTION5(() => this.CONSUME2(t.group.binlogOption));
          this.OR2([{ ALT: () => this.SUBRULE1(this.partitionNames) }, { ALT: () => this.SUBRULE1(this.number) }]);
          this.MANY(() => this.CONSUME(t.group.checkOption));
        },
      },
    ]);
    return { kind, elements: [], expressions, tables };
  });

  /** `p0, p1` or ALL */
  readonly partitionNames = this.RULE("partitionNames", () => {
    this.OR([
      { ALT: () => this.CONSUME(k.ALL) },
      { ALT: () => this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.identifier) }) },
    ]);
  });
}
