/** Data types (manual: Data Types). Facts need a type's name only, so the rules return that, in lower case. */
import * as t from "../lexer/tokens.ts";
import { SpecialCallsGrammar } from "./special-calls.ts";
import { textOf, wordOf } from "./base.ts";

const { k } = t;

export abstract class TypesGrammar extends SpecialCallsGrammar {
  /** `field_type` */
  readonly dataType = this.RULE("dataType", (): string => {
    const name = this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { ALT: () => this.SUBRULE(this.characterType) },
        { ALT: () => this.SUBRULE(this.enumeration) },
        { ALT: () => this.SUBRULE(this.longType) },
        {
          ALT: () => {
            const token = this.CONSUME(t.group.numericType);
            this.OPTION(() => this.CONSUME(k.PRECISION));
            this.OPTION1(() => this.SUBRULE(this.length));
            this.MANY(() => this.CONSUME(t.group.numericAttribute));
            return wordOf(token);
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(t.group.byteType);
            this.OPTION2(() => this.SUBRULE1(this.length));
            return wordOf(token);
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(t.group.textType);
            this.OPTION3(() => this.SUBRULE2(this.length));
            this.OPTION4(() => this.SUBRULE(this.characterAttributes));
            return wordOf(token);
          },
        },
        {
          // DATE, JSON, POINT, and types that plugins bring, such as UUID.
          ALT: () => {
            let text = textOf(this.SUBRULE(this.identifier));
            this.OPTION6(() => {
              this.CONSUME(t.Dot);
              text = textOf(this.SUBRULE1(this.identifier));
            });
            this.OPTION5(() => this.SUBRULE3(this.length));
            this.MANY1(() => this.CONSUME1(t.group.numericAttribute));
            return text.toLowerCase();
          },
        },
      ],
    });
    return name;
  });

  /** `(10)`, `(10, 2)` */
  private readonly length = this.RULE("length", () => {
    this.CONSUME(t.LeftParen);
    this.SUBRULE(this.number);
    this.OPTION(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE1(this.number);
    });
    this.CONSUME(t.RightParen);
  });

  private readonly characterType = this.RULE("characterType", (): string => {
    const isNational = this.OPTION(() => this.CONSUME(k.NATIONAL)) !== undefined;
    const token = this.CONSUME(t.group.characterType);
    this.OPTION1(() => this.OR([{ ALT: () => this.CONSUME(k.VARYING) }, { ALT: () => this.CONSUME(k.VARCHAR) }]));
    this.OPTION2(() => this.SUBRULE(this.length));
    this.OPTION3(() => this.SUBRULE(this.characterAttributes));
    return isNational ? `national ${wordOf(token)}` : wordOf(token);
  });

  /** `LONG`, `LONG VARCHAR`, `LONG VARBINARY` */
  private readonly longType = this.RULE("longType", (): string => {
    this.CONSUME(k.LONG);
    this.OPTION(() =>
      this.OR([
        { ALT: () => this.CONSUME(k.VARBINARY) },
        {
          ALT: () => {
            this.OPTION1(() => this.CONSUME(k.CHAR));
            this.OR1([{ ALT: () => this.CONSUME(k.VARCHAR) }, { ALT: () => this.CONSUME(k.VARYING) }]);
          },
        },
      ]),
    );
    this.OPTION2(() => this.SUBRULE(this.characterAttributes));
    return "long";
  });

  /** `ENUM('a', 'b')`, `SET('a', 'b')` */
  private readonly enumeration = this.RULE("enumeration", (): string => {
    const token = this.OR([{ ALT: () => this.CONSUME(k.ENUM) }, { ALT: () => this.CONSUME(k.SET) }]);
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => this.OR1([{ ALT: () => this.CONSUME(t.StringLiteral) }, { ALT: () => this.CONSUME(t.BinaryLiteral) }]),
    });
    this.CONSUME(t.RightParen);
    this.OPTION(() => this.SUBRULE(this.characterAttributes));
    return wordOf(token);
  });

  /** `opt_charset_with_opt_binary`; COLLATE is an attribute of the column. */
  private readonly characterAttributes = this.RULE("characterAttributes", () => {
    this.AT_LEAST_ONE(() =>
      this.OR([
        {
          ALT: () => {
            this.SUBRULE(this.characterSetWords);
            this.SUBRULE(this.characterSetName);
          },
        },
        { ALT: () => this.CONSUME(t.group.characterAttribute) },
      ]),
    );
  });

  /** `cast_type`: few of the types, and the widths of numbers are not among them. */
  protected readonly castType = this.RULE("castType", (): string =>
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            const token = this.CONSUME(t.group.signedness);
            this.OPTION(() => this.CONSUME(k.INT));
            return wordOf(token);
          },
        },
        {
          // What MariaDB makes of a difference of two times.
          ALT: () => {
            this.CONSUME(k.INTERVAL);
            this.CONSUME(k.DAY_SECOND);
            this.OPTION1(() => this.SUBRULE(this.length));
            return "interval";
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(t.group.castType);
            this.OPTION2(() => this.SUBRULE1(this.length));
            this.OPTION3(() => this.SUBRULE(this.characterAttributes));
            this.OPTION4(() => {
              this.CONSUME(k.COLLATE);
              this.SUBRULE(this.characterSetName);
            });
            return wordOf(token);
          },
        },
        {
          ALT: () => {
            const name = textOf(this.SUBRULE(this.identifier)).toLowerCase();
            this.OPTION5(() => this.SUBRULE2(this.length));
            return name;
          },
        },
      ],
    }),
  );
}
