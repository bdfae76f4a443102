/** What the proxy says in MySQL's terms: each SQLSTATE that the core knows, as a MySQL server would number it. */
import type { Refused } from "../enforce/gate.ts";
import type { ErrFields } from "./messages/err.ts";

interface Numbered {
  readonly code: number;
  readonly sqlstate: string;
}

const numbers: Readonly<Record<string, Numbered>> = {
  // Not 08xxx, which drivers take for a lost connection, unless it is lost.
  "08001": { code: 1105, sqlstate: "HY000" },
  "08004": { code: 1105, sqlstate: "HY000" },
  "08006": { code: 1053, sqlstate: "08S01" },
  "08P01": { code: 1047, sqlstate: "08S01" },
  "0A000": { code: 1235, sqlstate: "42000" },
  "22021": { code: 1300, sqlstate: "HY000" },
  "26000": { code: 1243, sqlstate: "HY000" },
  "28000": { code: 1045, sqlstate: "28000" },
  "28P01": { code: 1045, sqlstate: "28000" },
  "3D000": { code: 1049, sqlstate: "42000" },
  "3F000": { code: 1049, sqlstate: "42000" },
  "42000": { code: 1064, sqlstate: "42000" },
  "42501": { code: 1142, sqlstate: "42000" },
  "42601": { code: 1064, sqlstate: "42000" },
  "42703": { code: 1054, sqlstate: "42S22" },
  "42P01": { code: 1146, sqlstate: "42S02" },
  "53300": { code: 1040, sqlstate: "08004" },
  "53400": { code: 1226, sqlstate: "42000" },
  "57014": { code: 1317, sqlstate: "70100" },
  "57P01": { code: 1053, sqlstate: "08S01" },
  "57P05": { code: 4031, sqlstate: "HY000" },
};

const unknownError: Numbered = { code: 1105, sqlstate: "HY000" };

export function errOf(sqlstate: string, message: string, hint?: string): ErrFields {
  return {
    ...(numbers[sqlstate] ?? unknownError),
    message: hint === undefined ? message : `${message}; hint: ${hint}`,
  };
}

/** A MySQL error has one text: reason, rule and hint stand in it one after the other. */
export function denialOf({ sqlstate, message, detail, hint }: Refused): ErrFields {
  return errOf(sqlstate, detail === undefined ? message : `${message} (${detail})`, hint);
}
