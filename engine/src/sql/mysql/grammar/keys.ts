/** Keys, constraints and periods of tables (manual: CREATE TABLE Statement, FOREIGN KEY Constraints). */
import * as t from "../lexer/tokens.ts";
import type { KeyDefinition } from "../tree/ddl.ts";
import type { Expression } from "../tree/expressions.ts";
import type { Name, QualifiedName } from "../tree/node.ts";
import { DeleteGrammar } from "./delete.ts";

const { k } = t;

interface KeyPart {
  readonly name: Name | undefined;
  readonly expression: Expression | undefined;
}

export abstract class KeysGrammar extends DeleteGrammar {
  readonly engineAttribute = this.RULE("engineAttribute", () => {
    this.CONSUME(t.Identifier);
    this.CONSUME(t.Equal);
    this.OR([
      { ALT: () => this.CONSUME1(t.Identifier) },
      { ALT: () => this.CONSUME(t.StringLiteral) },
      { ALT: () => this.CONSUME(t.Number) },
      { ALT: () => this.CONSUME(t.HexLiteral) },
      { ALT: () => this.CONSUME(k.DEFAULT) },
      { ALT: () => this.CONSUME(k.ON) },
    ]);
  });

  readonly constraintName = this.RULE("constraintName", () => {
    this.CONSUME(k.CONSTRAINT);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    this.OPTION1(() => this.SUBRULE(this.identifier));
  });

  readonly check = this.RULE("check", (): Expression => {
    this.CONSUME(k.CHECK);
    this.CONSUME(t.LeftParen);
    const expression = this.SUBRULE(this.expression);
    this.CONSUME(t.RightParen);
    this.OPTION({
      GATE: () => this.isNext(k.ENFORCED) || this.isNext(k.ENFORCED, 2),
      DEF: () => this.SUBRULE(this.enforcement),
    });
    return expression;
  });

  readonly enforcement = this.RULE("enforcement", () => {
    this.OPTION(() => this.CONSUME(k.NOT));
    this.CONSUME(k.ENFORCED);
  });

  /** REFERENCES (manual: FOREIGN KEY Constraints) */
  protected readonly references = this.RULE("references", (): QualifiedName => {
    this.CONSUME(k.REFERENCES);
    const table = this.SUBRULE(this.objectName);
    this.OPTION(() => this.SUBRULE(this.keyParts));
    this.OPTION1(() => {
      this.CONSUME(k.MATCH);
      this.CONSUME(t.group.matchType);
    });
    this.MANY({
      GATE: () => this.isNext(k.DELETE, 2) || (this.isNext(k.UPDATE, 2) && this.isAny(t.group.referenceAction, 3)),
      DEF: () => {
        this.CONSUME(k.ON);
        this.OR([{ ALT: () => this.CONSUME(k.DELETE) }, { ALT: () => this.CONSUME(k.UPDATE) }]);
        this.SUBRULE(this.referenceAction);
      },
    });
    return table;
  });

  protected readonly referenceAction = this.RULE("referenceAction", () => {
    this.OR([
      { ALT: () => this.CONSUME(k.RESTRICT) },
      { ALT: () => this.CONSUME(k.CASCADE) },
      {
        ALT: () => {
          this.CONSUME(k.SET);
          this.OR1([{ ALT: () => this.CONSUME(k.NULL) }, { ALT: () => this.CONSUME(k.DEFAULT) }]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.NO);
          this.CONSUME(k.ACTION);
        },
      },
    ]);
  });

  /** `key_def`, `constraint_def` */
  readonly keyDefinition = this.RULE("keyDefinition", (): KeyDefinition => {
    const start = this.start();
    this.OPTION(() => this.SUBRULE(this.constraintName));
    return this.OR([
      {
        ALT: (): KeyDefinition => {
          const expressions = [this.SUBRULE(this.check)];
          return { kind: "check", columns: [], expressions, references: undefined, ...this.range(start) };
        },
      },
      {
        ALT: (): KeyDefinition => {
          this.CONSUME(k.FOREIGN);
          this.CONSUME(k.KEY);
          this.OPTION1(() => this.SUBRULE(this.ifNotExists));
          this.OPTION2(() => this.SUBRULE(this.identifier));
          const parts = this.SUBRULE(this.keyParts);
          const references = this.SUBRULE(this.references);
          return { kind: "foreign", ...partsOf(parts), references, ...this.range(start) };
        },
      },
      {
        ALT: (): KeyDefinition => {
          const kind = this.SUBRULE(this.keyKind);
          this.OPTION3(() => this.SUBRULE1(this.ifNotExists));
          this.OPTION4(() => this.SUBRULE1(this.identifier));
          this.OPTION5(() => this.SUBRULE(this.indexType));
          const parts = this.SUBRULE1(this.keyParts);
          this.MANY(() => this.SUBRULE(this.indexOption));
          return { kind, ...partsOf(parts), references: undefined, ...this.range(start) };
        },
      },
    ]);
  });

  protected readonly keyKind = this.RULE("keyKind", (): "primary" | "unique" | "index" | "fulltext" | "spatial" =>
    this.OR([
      {
        ALT: () => {
          this.CONSUME(k.PRIMARY);
          this.CONSUME(k.KEY);
          return "primary" as const;
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.UNIQUE);
          this.OPTION(() => this.CONSUME(t.group.keyOrIndex));
          return "unique" as const;
        },
      },
      { ALT: () => this.CONSUME1(t.group.keyOrIndex) && ("index" as const) },
      {
        ALT: () => {
          this.CONSUME(k.FULLTEXT);
          this.OPTION1(() => this.CONSUME2(t.group.keyOrIndex));
          return "fulltext" as const;
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.SPATIAL);
          this.OPTION2(() => this.CONSUME3(t.group.keyOrIndex));
          return "spatial" as const;
        },
      },
    ]),
  );

  /** `(a, b(10) DESC, (lower(c)))` */
  readonly keyParts = this.RULE("keyParts", (): KeyPart[] => {
    const parts: KeyPart[] = [];
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => parts.push(this.SUBRULE(this.keyPart)) });
    this.CONSUME(t.RightParen);
    return parts;
  });

  protected readonly keyPart = this.RULE("keyPart", (): KeyPart => {
    const part = this.OR([
      {
        ALT: (): KeyPart => {
          const name = this.SUBRULE(this.identifier);
          this.OPTION(() => {
            this.CONSUME(t.LeftParen);
            this.SUBRULE(this.number);
            this.CONSUME(t.RightParen);
          });
          this.OPTION1(() => {
            this.CONSUME(k.WITHOUT);
            this.CONSUME(k.OVERLAPS);
          });
          return { name, expression: undefined };
        },
      },
      {
        ALT: (): KeyPart => {
          this.CONSUME1(t.LeftParen);
          const expression = this.SUBRULE(this.expression);
          this.CONSUME1(t.RightParen);
          return { name: undefined, expression };
        },
      },
    ]);
    this.OPTION2(() => this.OR1([{ ALT: () => this.CONSUME(k.ASC) }, { ALT: () => this.CONSUME(k.DESC) }]));
    return part;
  });

  /** `USING BTREE`, `TYPE BTREE` */
  readonly indexType = this.RULE("indexType", () => {
    this.OR([{ ALT: () => this.CONSUME(k.USING) }, { ALT: () => this.CONSUME(k.TYPE) }]);
    this.CONSUME(t.group.indexAlgorithm);
  });

  readonly indexOption = this.RULE("indexOption", () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => !this.isNext(t.Equal, 2), ALT: () => this.SUBRULE(this.indexType) },
        {
          ALT: () => {
            this.CONSUME(k.KEY_BLOCK_SIZE);
            this.OPTION(() => this.CONSUME(t.Equal));
            this.SUBRULE(this.number);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.COMMENT);
            this.SUBRULE(this.text);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.WITH);
            this.CONSUME(k.PARSER);
            this.SUBRULE(this.identifier);
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.NOT);
            this.CONSUME(k.IGNORED);
          },
        },
        { GATE: () => !this.isNext(t.Equal, 2), ALT: () => this.CONSUME(t.group.indexFlag) },
        { ALT: () => this.SUBRULE(this.engineAttribute) },
      ],
    });
  });

  /** `PERIOD FOR p (a, b)`, `PERIOD FOR SYSTEM_TIME (a, b)` */
  readonly period = this.RULE("period", (): KeyDefinition => {
    const start = this.start();
    this.CONSUME(k.PERIOD);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    this.CONSUME(k.FOR);
    this.SUBRULE(this.identifier);
    const columns = this.SUBRULE(this.nameList);
    return { kind: "period", columns, expressions: [], references: undefined, ...this.range(start) };
  });
}

/** Names and expressions of a key's parts. */
export function partsOf(parts: readonly KeyPart[]): { readonly columns: Name[]; readonly expressions: Expression[] } {
  const columns: Name[] = [];
  const expressions: Expression[] = [];
  // A placeholder while Chevrotain records the grammar.
  if (!Array.isArray(parts)) return { columns, expressions };
  for (const { name, expression } of parts as readonly KeyPart[]) {
    if (name !== undefined) columns.push(name);
    if (expression !== undefined) expressions.push(expression);
  }
  return { columns, expressions };
}
