import { expect, test } from "vitest";
import { parseVerifier } from "../scram-verifier.ts";
import type { User } from "../users.ts";
import { agentFor } from "./agent-groups.ts";

const verifier = parseVerifier(`SCRAM-SHA-256$4096:${"A".repeat(24)}$${"A".repeat(43)}=:${"A".repeat(43)}=`)!;
const user = (name: string, change: Partial<User> = {}): User => ({
  name,
  id: name,
  kind: "agent",
  groups: [],
  claims: {},
  onBehalfOf: undefined,
  verifier,
  ...change,
});
const ana = user("ana", { kind: "human", groups: ["analysts"] });
const anaBot = user("ana-bot", { onBehalfOf: "ana", groups: ["reports"] });
const asked = (name: string, ...groups: string[]) => ({ name, groups });

test("an agent has the groups that are asked for, where its person has them", () => {
  expect(agentFor(asked("helper"), undefined, ana, undefined)).toEqual({ id: "helper", groups: [] });
  expect(agentFor(asked("helper", "analysts"), undefined, ana, undefined)).toEqual({
    id: "helper",
    groups: ["analysts"],
  });
  expect(agentFor(asked("helper", "dba"), undefined, ana, undefined)).toContain('cannot have the group "dba"');
  expect(agentFor(asked("helper", "analysts"), undefined, undefined, undefined)).toContain("neither its person");
});

test("the users file gives an agent groups of its own, and says for whom it acts", () => {
  expect(agentFor(asked("ana-bot"), anaBot, ana, ana)).toEqual({ id: "ana-bot", groups: ["reports"] });
  expect(agentFor(asked("ana-bot", "reports", "analysts"), anaBot, ana, ana)).toMatchObject({
    groups: ["reports", "analysts"],
  });
  expect(agentFor(asked("ana-bot"), anaBot, undefined, ana)).toContain('acts for "ana", and for nobody else');
  expect(agentFor(asked("ana-bot"), anaBot, user("bob", { kind: "human" }), ana)).toContain("and for nobody else");
});

test("people are no agents, and nobody acts for itself", () => {
  expect(agentFor(asked("ana"), ana, undefined, undefined)).toContain("is no agent");
  expect(agentFor(asked("x"), undefined, { id: "x", groups: [] }, undefined)).toContain("cannot act for itself");
});
