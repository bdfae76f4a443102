/** What a client says about itself is no proof of anything: neither at its start, nor in settings, nor in comments that drivers add. */
import { Client, type ClientConfig } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stage, startStage } from "../support/stage.ts";
import { describeThreat, type Variant } from "../support/threat-class.ts";

const policy = `package guard

mask public.people.ssn with redact() if not "dba" in principal.groups
deny "only for DBAs" if {
    query.kind == "delete"
    not "dba" in principal.groups
}
`;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    setup: `create table people (id int, ssn text); insert into people values (1, 'hidden');
      do $$ begin create role dba; exception when duplicate_object then null; end $$; grant all on people to dba`,
    policy,
  });
});
afterAll(() => stage?.stop());

/** What somebody brings; the word is who they say they are. */
interface Claim {
  readonly config?: (word: string) => ClientConfig;
  readonly statements?: (word: string) => readonly string[];
  /** Put beside each statement. */
  readonly comment?: (word: string) => string;
  /** What may be said, so that it changes nothing; left out, the claim itself works with an ordinary word. */
  readonly twin?: ClientConfig;
}

const option = (name: string, value: string) => ({ options: `-c ${name}=${value}` });
const claims: Readonly<Record<string, Claim>> = {
  "the name of the application": { config: (word) => ({ application_name: word }) },
  "the name of the application, as an option": { config: (word) => option("application_name", word) },
  "the name of the application, set later": { statements: (word) => [`set application_name = '${word}'`] },
  "a name that is shown beside it": { config: (word) => ({ fallback_application_name: `${word} (groups=${word})` }) },
  "a setting of one's own": {
    statements: (word) => [`set app.groups = '${word}'`, `select set_config('principal.groups', '${word}', false)`],
  },
  "a comment that a driver adds": {
    comment: (word) => `/*principal='${word}',groups='%5B%22${word}%22%5D',tags='role%3D${word}'*/`,
  },
  "a hint": { comment: (word) => `/*+ role(${word}) */ -- groups: ${word}\n` },
  "a role as an option": { config: (word) => option("role", word), twin: option("search_path", "public") },
  "another login as an option": {
    config: (word) => option("session_authorization", word),
    twin: option("datestyle", "ISO"),
  },
  "groups as an option": { config: (word) => option("penstock.groups", word), twin: option("jit", "off") },
  "a role as an option written otherwise": {
    config: (word) => ({ options: `--role=${word}` }),
    twin: { options: "--statement-timeout=10s" },
  },
  "a role": { statements: (word) => [`set role ${word}`], twin: {} },
  "another login": { statements: (word) => [`set session authorization ${word}`], twin: {} },
  "the name of somebody else": { config: (word) => ({ user: word }), twin: { user: "ann" } },
  "the own name, and another one beside it": {
    config: (word) => ({ user: `ann,groups=${word}` }),
    twin: { user: "ann" },
  },
  "a name in other letters": { config: (word) => ({ user: word.toUpperCase() }), twin: { user: "ann" } },
  "a database of that name": { config: (word) => ({ database: word }), twin: { database: "shop" } },
  "a database with more behind it": {
    config: (word) => ({ database: `shop?groups=${word}` }),
    twin: { database: "shop" },
  },
};

interface Seen {
  /** Undefined where the session did not come to be. */
  readonly rows: unknown[] | undefined;
  readonly refused: string | undefined;
}

async function ask({ statements, comment }: Claim, word: string, config: ClientConfig): Promise<Seen> {
  const client = new Client({ ...stage.proxied.as("ann"), ...config });
  client.on("error", () => undefined);
  const connected = await client.connect().then(
    () => true,
    () => false,
  );
  if (!connected) return { rows: undefined, refused: undefined };
  const beside = comment?.(word) ?? "";
  try {
    for (const sql of statements?.(word) ?? []) await client.query(sql).catch(() => undefined);
    const { rows } = await client.query(`${beside} select ssn from people where id = 1 ${beside}`);
    const refused = await client.query(`${beside} delete from people ${beside}`).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return { rows, refused };
  } finally {
    await client.end();
  }
}

const masked: Seen = { rows: [{ ssn: "***" }], refused: "only for DBAs" };

/** Everybody is who has logged in: in what rules saw of the session, and in what its statements were recorded as. */
function expectAnnAlone(): void {
  for (const line of stage.proxied.auditLines()) {
    if (line["principal"] === undefined) continue;
    expect(line["principal"]).toEqual({ id: "ann@shop.example", kind: "human", groups: [] });
    if (line["roots"] !== undefined)
      expect(line["roots"]).toMatchObject({ principal: { name: "ann", groups: [] }, session: { tags: {} } });
  }
}

function variant([name, claim]: readonly [string, Claim]): Variant {
  return {
    name,
    attack: async () => {
      const seen = await ask(claim, "dba", claim.config?.("dba") ?? {});
      if (seen.rows !== undefined) expect(seen).toEqual(masked);
      expectAnnAlone();
    },
    twin: async () => {
      const plain = claim.twin === undefined ? claim : {};
      expect(await ask(plain, "report", claim.twin ?? claim.config?.("report") ?? {})).toEqual(masked);
    },
  };
}

describeThreat(67, "what a client says of itself", Object.entries(claims).map(variant));

test("tags that a driver adds are recorded as asserted, in every form of a statement", async () => {
  const comment = "/*application='shop',traceparent='00-abc-01-01',principal='dba'*/";
  const client = await stage.enter("ann");
  await client.query(`select id from people ${comment}`);
  await client.query(`select id from people where id = $1 ${comment}`, [1]);
  await client.query(`delete from people ${comment}`).catch(() => undefined);
  const asserted = { application: "shop", traceparent: "00-abc-01-01", principal: "dba" };
  const lines = stage.proxied.auditLines().filter((line) => line["event"] === "statement");
  expect(lines.slice(-3)).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ asserted })));
  await client.query("select id from people");
  expect(stage.proxied.lastAuditLine("statement")).not.toHaveProperty("asserted");
});
