/** Who connects in the demo. */
import { randomBytes } from "node:crypto";

export interface Person {
  /** Login name. */
  readonly name: string;
  readonly id: string;
  readonly kind: "human" | "agent";
  readonly groups: readonly string[];
  readonly onBehalfOf?: string;
  /** For people to read. */
  readonly description: string;
  /** Made for this run. */
  readonly password: string;
}

export function makePeople(): readonly Person[] {
  return [
    {
      name: "analyst",
      id: "ann@shop.example",
      kind: "human",
      groups: ["analyst"],
      description: "Ann, who writes reports",
      password: newPassword(),
    },
    {
      name: "dba",
      id: "dora@shop.example",
      kind: "human",
      groups: ["dba"],
      description: "Dora, who runs the database",
      password: newPassword(),
    },
    {
      name: "agent",
      id: "report-bot",
      kind: "agent",
      groups: ["analyst"],
      onBehalfOf: "analyst",
      description: "an AI agent that acts for Ann",
      password: newPassword(),
    },
  ];
}

function newPassword(): string {
  return randomBytes(9).toString("base64url");
}
