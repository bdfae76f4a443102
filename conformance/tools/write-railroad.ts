/** `npm run --silent railroad > mysql.html`: the rules of the MySQL grammar as railroad diagrams, a page that fetches Chevrotain's scripts. */
import { createSyntaxDiagramsCode } from "chevrotain";
import { mysqlParser } from "../../engine/src/sql/mysql/grammar/parser.ts";

process.stdout.write(createSyntaxDiagramsCode(mysqlParser().getSerializedGastProductions()));
