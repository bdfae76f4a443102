/** Who attacks: from `analyst` and `agent` columns are hidden, from `regional` rows too. */
export const people = ["analyst", "agent", "regional"] as const;

export type Attacker = (typeof people)[number];
