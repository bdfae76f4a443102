/**
 * What the server says in errors and warnings. Values stand in some of them: of rows that triggers and constraints see as they are stored,
 * and of expressions as the proxy has rewritten them. For whom something is hidden, those keep their number and lose their words.
 */
import { withoutPasswords } from "@penstock/engine";
import type { StatementPlan } from "../enforce/plan.ts";
import type { Exchange } from "./exchange.ts";
import type { ErrFields } from "./messages/err.ts";
import type { Session } from "./session.ts";
import { PacketReader, PacketWriter } from "./wire.ts";

/**
 * Errors whose text names objects and settings and no values, by number: what a server says of rights, names, locks, transactions and the
 * shape of a statement.
 */
const withoutValues: ReadonlySet<number> = new Set([
  1005, 1006, 1007, 1008, 1010, 1022, 1040, 1041, 1044, 1045, 1046, 1047, 1048, 1049, 1050, 1051, 1052, 1053, 1054,
  1055, 1056, 1058, 1059, 1060, 1061, 1063, 1065, 1066, 1067, 1068, 1069, 1070, 1071, 1072, 1073, 1074, 1075, 1091,
  1093, 1094, 1099, 1100, 1101, 1103, 1104, 1109, 1110, 1111, 1112, 1113, 1114, 1115, 1118, 1120, 1121, 1129, 1130,
  1136, 1137, 1138, 1140, 1141, 1142, 1143, 1144, 1145, 1146, 1147, 1149, 1153, 1158, 1159, 1160, 1161, 1162, 1163,
  1164, 1166, 1168, 1169, 1170, 1171, 1172, 1176, 1178, 1192, 1193, 1194, 1195, 1203, 1205, 1206, 1207, 1208, 1210,
  1211, 1213, 1214, 1215, 1216, 1217, 1221, 1222, 1223, 1226, 1227, 1228, 1229, 1230, 1232, 1233, 1234, 1235, 1237,
  1238, 1239, 1240, 1241, 1242, 1243, 1247, 1248, 1249, 1250, 1251, 1267, 1270, 1271, 1273, 1290, 1295, 1299, 1304,
  1305, 1312, 1314, 1317, 1318, 1321, 1322, 1346, 1347, 1348, 1349, 1350, 1351, 1352, 1353, 1356, 1359, 1360, 1363,
  1364, 1365, 1370, 1390, 1392, 1393, 1394, 1395, 1396, 1397, 1398, 1399, 1400, 1401, 1402, 1407, 1410, 1414, 1415,
  1418, 1419, 1422, 1423, 1424, 1436, 1442, 1451, 1452, 1471, 1553, 1615, 1698, 1792, 1819, 1820, 1969, 3024, 3568,
  3572, 4031,
]);

const parseError = 1064;

/** The message as the client may have it. */
export function safeMessage(session: Session, exchange: Exchange, { code, message }: ErrFields): string {
  if (exchange.isRewritten && code === parseError) {
    return "You have an error in your SQL syntax, in a form of the statement that hides data from you; hint: simplify the statement, and report it";
  }
  if (withoutValues.has(code) || session.areWordsSafe) return message;
  return withheld(code);
}

function withheld(code: number): string {
  return `error ${code} of the server, whose words are withheld: data is hidden from you; hint: go by the number, or ask for a role from which nothing is hidden`;
}

/** Statements are about to run: what the server says of them until others do may tell of something hidden, or not. */
export function noteWords(session: Session, plans: readonly StatementPlan[], isRewritten: boolean): void {
  if (plans.every(({ facts }) => facts.kind === "show" || facts.kind === "get_diagnostics")) return;
  session.areWordsSafe = (!isRewritten && plans.every(onlyReadsAsShown)) || !hidesSomething(session);
}

/** What becomes of rows of SHOW that have a column of that name; `undefined`: nothing. */
export function shownRows(session: Session, column: string): Exchange["rowAsShown"] {
  if (column === "Message" && !session.areWordsSafe) return safeWarning;
  return column.startsWith("Grants for ") && hidesSomething(session) ? grantWithoutPassword : undefined;
}

/** With the hash, whoever finds its password could log in at the server itself. */
function grantWithoutPassword(buffer: Buffer, body: number, end: number, sequence: number): Buffer {
  const grant = new PacketReader(buffer, body, end).textValue() ?? "";
  return new PacketWriter().lengthEncodedText(withoutPasswords(grant)).packet(sequence);
}

/** A row of SHOW WARNINGS, in text format, as the client may have it. */
function safeWarning(buffer: Buffer, body: number, end: number, sequence: number): Buffer {
  const reader = new PacketReader(buffer, body, end);
  const [level, code, message] = [reader.textValue() ?? "", reader.textValue() ?? "", reader.textValue() ?? ""];
  const text = withoutValues.has(Number(code)) ? message : withheld(Number(code));
  return new PacketWriter().lengthEncodedText(level).lengthEncodedText(code).lengthEncodedText(text).packet(sequence);
}

/** A query that fires no trigger, of relations that are read as they are; and SIGNAL, which says what it is told to. */
function onlyReadsAsShown(plan: StatementPlan): boolean {
  if (plan.facts.kind === "signal") return plan.facts.tables.length === 0 && plan.facts.functions.length === 0;
  return plan.onlyReads && plan.forbidden === undefined && !plan.isFiltered;
}

function hidesSomething({ knowledge: { epoch }, who }: Session): boolean {
  return epoch.enforcer.hiddenRelations(who, epoch.catalog)?.size !== 0;
}
