/** Bundles that nobody trusted has made so, older ones, and policies whose texts would be code if they were printed where they are used. */
import { printable } from "@penstock/language";
import { Client, type DatabaseError } from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import type { Member } from "../../engine/src/bundle/archive.ts";
import { type Stage, startStage } from "../support/stage.ts";
import { describeThreat, type Variant } from "../support/threat-class.ts";
import { bundle, bundleOf, forged, load, serve, strangerKeys, temporaryFolder, withChangedMember } from "./bundles.ts";

/** What a running proxy is offered. */
interface Offer {
  readonly name: string;
  readonly offered: () => Promise<Buffer>;
  readonly refusal: string;
  /** Default: another one of the same builder. */
  readonly twin?: () => Promise<Buffer>;
  /** What is in force. */
  readonly before?: () => Promise<Buffer>;
}

const isSignature = ({ name }: Member) => name === "signature.jws";
const replaced = (members: readonly Member[], name: string, bytes: Buffer) =>
  members.map((member) => (member.name === name ? { name, bytes } : member));
const signatureOf = (bytes: Buffer) => {
  let found: Buffer | undefined;
  forged(bytes, (members) => {
    found = members.find(isSignature)?.bytes;
    return members;
  });
  if (found === undefined) throw new Error("the bundle is not signed");
  return found;
};
const withSignature = (bytes: Buffer, change: (signature: string) => string) =>
  forged(bytes, (members) =>
    replaced(members, "signature.jws", Buffer.from(change(signatureOf(bytes).toString("latin1")), "latin1")),
  );
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
/** The header of a signature says by which algorithm it is to be checked. */
const withHeader = (bytes: Buffer, changes: Readonly<Record<string, unknown>>) =>
  withSignature(bytes, (signature) => {
    const [header = "", payload = "", proof = ""] = signature.split(".");
    const fields: Record<string, unknown> = JSON.parse(Buffer.from(header, "base64url").toString());
    return [encoded({ ...fields, ...changes }), payload, changes["alg"] === "none" ? "" : proof].join(".");
  });

const offers: readonly Offer[] = [
  {
    name: "an unsigned one",
    offered: async () => forged(await bundle(), (members) => members.filter((member) => !isSignature(member))),
    refusal: "it is not signed",
  },
  {
    name: "one that a stranger has signed",
    offered: () => bundle({ key: strangerKeys.privateKey }),
    refusal: "signed with a key that is not trusted",
  },
  {
    name: "one with another's signature",
    offered: async () => {
      const other = signatureOf(await bundle({ kind: "update" }));
      return forged(await bundle(), (members) => replaced(members, "signature.jws", other));
    },
    refusal: "the signature is of another manifest",
  },
  {
    name: "one whose signature says that it needs none",
    offered: async () => withHeader(await bundle(), { alg: "none" }),
    refusal: "the signature is wrong",
  },
  {
    name: "one whose signature says that the public key is a secret",
    offered: async () => withHeader(await bundle(), { alg: "HS256" }),
    refusal: "the signature is wrong",
  },
  {
    name: "one whose signature is of something else",
    offered: async () => withHeader(await bundle(), { typ: "JWT" }),
    refusal: "the signature is wrong",
  },
  {
    name: "one with a changed policy",
    offered: async () => withChangedMember(await bundle()),
    refusal: "was changed after the bundle was built",
  },
  {
    name: "one with changed data",
    offered: async () =>
      forged(await bundle({ data: { admins: ["ann"] } }), (members) =>
        replaced(members, "data.json", Buffer.from('{"admins":["eve"]}')),
      ),
    refusal: "`data.json` was changed after the bundle was built",
    twin: () => bundle({ kind: "update", data: { admins: ["ann"] } }),
  },
  {
    name: "one with a policy more",
    offered: async () =>
      forged(await bundle(), (members) => [
        ...members,
        { name: "sources/z.policy", bytes: Buffer.from("package z\n") },
      ]),
    refusal: "that the manifest does not name",
  },
  {
    name: "one with a policy less",
    offered: async () => forged(await bundle(), (members) => members.filter(({ name }) => !name.endsWith(".policy"))),
    refusal: "is missing",
  },
  {
    name: "one that is cut off",
    offered: async () => (await bundle()).subarray(0, -1500),
    refusal: "cut off",
  },
  {
    name: "something else",
    offered: () => Promise.resolve(Buffer.from("<html>")),
    refusal: "not a gzip file",
  },
  {
    name: "one that claims to be what it is not",
    offered: () => bundle({ kind: "update", revision: "r3" }),
    refusal: "its revision is not that of its sources",
  },
  {
    name: "one with a lower sequence",
    before: () => bundle({ kind: "drop_table", sequence: 5 }),
    offered: () => bundle({ sequence: 4 }),
    refusal: "its sequence 4 is before 5, which is in force",
    twin: () => bundle({ sequence: 6 }),
  },
  {
    name: "one without a sequence where there was one",
    before: () => bundle({ kind: "drop_table", sequence: 5 }),
    offered: () => bundle(),
    refusal: "it has no sequence, and the one in force has 5",
    twin: () => bundle({ sequence: 6 }),
  },
  {
    name: "another one of the same sequence",
    before: () => bundle({ kind: "drop_table", sequence: 5 }),
    offered: () => bundle({ sequence: 5 }),
    refusal: "it has the same sequence 5",
    twin: () => bundle({ sequence: 6 }),
  },
];

/** What was refused changes nothing, is asked for no second time, and does not stand in the way of what comes after it. */
function offer({ name, offered, refusal, before = bundle, twin = () => bundle({ kind: "update" }) }: Offer): Variant {
  const refused = async () => {
    const { server, loader } = await serve(await before());
    expect(await load(loader)).toBe("loaded");
    server.bytes = await offered();
    const answer = await load(loader);
    expect(answer).toContain(refusal);
    expect(answer).toMatch(/^refused: /);
    return { server, loader };
  };
  return {
    name,
    attack: async () => {
      expect(await load((await refused()).loader)).toBe("unchanged");
    },
    twin: async () => {
      const { server, loader } = await refused();
      server.bytes = await twin();
      expect(await load(loader)).toBe("loaded");
    },
  };
}

const older: readonly Variant[] = [
  {
    name: "one that was in force before, where none has a sequence",
    attack: async () => {
      const { server, loader } = await serve(await bundle({ kind: "truncate" }));
      await load(loader);
      server.bytes = await bundle({ kind: "drop_table" });
      await load(loader);
      server.bytes = await bundle({ kind: "truncate" });
      expect(await load(loader)).toContain("it was in force before and has been replaced since");
    },
    twin: async () => {
      const { server, loader } = await serve(await bundle({ kind: "truncate" }));
      const loaded: string[] = [];
      for (const next of [{ kind: "drop_table" }, { kind: "update" }, { kind: "truncate", sequence: 1 }]) {
        await load(loader);
        server.bytes = await bundle(next);
        loaded.push(await load(loader));
      }
      expect(loaded).toEqual(["loaded", "loaded", "loaded"]);
    },
  },
  {
    name: "an older one after a restart, where the last one was kept",
    attack: async () => {
      const cacheFolder = temporaryFolder();
      await load((await serve(await bundle({ sequence: 5 }), { cacheFolder })).loader);
      const restarted = await serve(await bundle({ kind: "update", sequence: 4 }), { cacheFolder });
      expect(await load(restarted.loader)).toMatch(
        /^loaded; the policies are those of the last run.*its sequence 4 is before 5/s,
      );
    },
    twin: async () => {
      const cacheFolder = temporaryFolder();
      await load((await serve(await bundle({ sequence: 5 }), { cacheFolder })).loader);
      const restarted = await serve(await bundle({ kind: "update", sequence: 6 }), { cacheFolder });
      expect(await load(restarted.loader)).toBe("loaded");
    },
  },
  {
    name: "an older one, where the configuration does not say that it may come",
    attack: async () => {
      const { server, loader } = await serve(await bundle({ sequence: 5 }), { allowRollback: false });
      await load(loader);
      server.bytes = await bundle({ kind: "update", sequence: 4 });
      expect(await load(loader)).toContain("set `policies.allow_rollback: true` to go back on purpose");
    },
    twin: async () => {
      const { server, loader } = await serve(await bundle({ sequence: 5 }), { allowRollback: true });
      await load(loader);
      server.bytes = await bundle({ kind: "update", sequence: 4 });
      expect(await load(loader)).toBe("loaded");
    },
  },
];

let stage: Stage;
let client: Client;
let owner: Client;
beforeAll(async () => {
  stage = await startStage({
    setup: "create table kept (id int, note text, secret text); create table bystander (id int);",
    policy: "package none\n",
  });
  client = await stage.enter("ann");
  owner = new Client(stage.database);
  await owner.connect();
});
afterAll(async () => {
  await owner?.end();
  await stage?.stop();
});

/** Would be code somewhere: in JavaScript, in SQL under each way of quoting, in a pattern of either. */
const codes = [
  "'; drop table bystander; --",
  "\\'; drop table bystander; --",
  '"; drop table bystander; --',
  "' || (select 'smuggled') || '",
  "$$; drop table bystander; $$",
  "$penstock$ $1 $2 %s %L {0}",
  "*/ drop table bystander /*",
  "U&'\\0027' E'\\x27'",
  "'); globalThis.broken = 1; ('",
  '"); globalThis.broken = 1; ("',
  "`${globalThis.broken = 1}`",
  "line\nline\r\n\u2028end",
  "$& $` $'",
  "__proto__",
];

/** The same text in every place of a policy where there can be one: as a word to the client, in SQL, in a pattern, as a key. */
async function decideWith(text: string): Promise<void> {
  const literal = JSON.stringify(text);
  const policy = [
    "package written",
    `named[${literal}] := ${literal}`,
    `deny ${literal} code ${literal} if query.kind == "drop_table"`,
    `mask public.kept.secret with constant(${literal})`,
    `filter public.kept as row where row.note != ${literal}`,
    `filter public.kept as row where not startswith(row.note, ${literal})`,
    `limit rows 100 if data.limited[${literal}] == ${literal}`,
    "",
  ].join("\n");
  const { loader } = await serve(await bundleOf(policy, { data: { limited: JSON.parse(`{${literal}:${literal}}`) } }));
  const loaded = await loader.load();
  if (loaded.kind !== "loaded") throw new Error(`the bundle is not loaded: ${JSON.stringify(loaded)}`);
  stage.proxied.proxy.setEnforcer(loaded.policies.enforcer);
  await owner.query("delete from kept");
  await owner.query("insert into kept values (1, $1, 'x'), (2, $1 || '+', 'y'), (3, 'other', 'z')", [text]);
  const { rows } = await client.query("select id, note, secret from kept order by id");
  expect(rows).toEqual([{ id: 3, note: "other", secret: text }]);
  const denied = await client.query("drop table bystander").catch((error: DatabaseError) => error);
  expect(denied).toMatchObject({ code: "42501", message: expect.stringContaining(printable(text)) });
  expect((await client.query("select count(*)::int as n from bystander")).rows).toEqual([{ n: 0 }]);
  expect(globalThis).not.toHaveProperty("broken");
  expect(stage.proxied.faults).toEqual([]);
}

describeThreat(64, "bundles and what is in them", [
  ...offers.map(offer),
  ...older,
  ...codes.map((code) => ({
    name: `code in a text: ${JSON.stringify(code)}`,
    attack: () => decideWith(code),
    twin: () => decideWith("a plain text"),
  })),
]);
