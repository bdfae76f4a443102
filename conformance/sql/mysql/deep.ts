/**
 * `npm run conformance:deep`: how the grammar binds operators, against a real MariaDB, over PENSTOCK_MYSQL_EXPRESSIONS generated texts
 * (16,000, of which some 10,000 are expressions and the rest are refused by both); PENSTOCK_SEED to repeat a run. Ends with 1 where the two disagree, and where there is no MariaDB to ask.
 */
import { type MariadbServer, startMariadb } from "../../support/mariadb-server.ts";
import { checkPrecedence } from "./precedence.ts";

const expressions = Number(process.env["PENSTOCK_MYSQL_EXPRESSIONS"] ?? 16_000);
const seed = Number(process.env["PENSTOCK_SEED"] ?? Date.now() % 2 ** 31);
console.log(`precedence: ${expressions} texts, seed ${seed}`);
let server: MariadbServer | undefined;
try {
  server = await startMariadb();
  const connection = await server.connect();
  const { agreed, valued, refused } = await checkPrecedence(connection, expressions, seed);
  await connection.end();
  console.log(
    `precedence: ${agreed} agreed with MariaDB ${server.version}, ${valued} of them with a value; ${refused} refused by both`,
  );
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await server?.stop();
}
