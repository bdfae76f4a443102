import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "@penstock/language";
import { describe, expect, onTestFinished, test } from "vitest";
import { readArchive, writeArchive } from "../../engine/src/bundle/archive.ts";
import { writeBundle } from "../../engine/src/bundle/bundle.ts";
import { generateKeyPair } from "../../engine/src/bundle/signature.ts";
import type { BundleConfig } from "../../proxy/src/config/load-config.ts";
import { PolicyLoader, type PoliciesResult } from "../../proxy/src/policies/policy-loader.ts";
import { PolicySource } from "../../proxy/src/policies/policy-source.ts";
import { selfSigned } from "../protocol/certificate.ts";
import { BundleServer } from "./bundle-server.ts";

const keys = generateKeyPair();
const strangerKeys = generateKeyPair();

interface Built {
  readonly kind?: string;
  readonly sequence?: number;
  readonly key?: string | undefined;
}

/** A bundle that denies one kind of statement. */
async function bundle({ kind = "truncate", sequence, key = keys.privateKey }: Built = {}): Promise<Buffer> {
  const sources = [{ path: "sources/a.policy", text: `package a\n\ndeny "no" if query.kind == "${kind}"\n` }];
  const { program } = compile({ sources, data: {} });
  if (program === undefined) throw new Error("the policy does not compile");
  return writeBundle({ sources, data: {}, problems: [] }, "test", program.revision, key, sequence);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "penstock-bundles-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Options = Partial<Pick<BundleConfig, "trustedKeys" | "allowRollback">> & {
  readonly cacheFolder?: string;
  readonly ca?: string;
  readonly token?: () => string;
  readonly timeoutMs?: number;
};

function configOf(address: string, options: Options = {}): BundleConfig {
  const { trustedKeys = [keys.publicKey], allowRollback = false, cacheFolder, ca, token, timeoutMs = 5_000 } = options;
  const location = { kind: "address", url: new URL(address), cacheFolder, ca, token, timeoutMs } as const;
  return { kind: "bundle", location, trustedKeys, allowRollback, pollMs: 20 };
}

async function serve(first: Buffer, options: Options = {}) {
  const server = await BundleServer.start();
  server.bytes = first;
  return { server, loader: new PolicyLoader(configOf(`${server.url}/bundle`, options)) };
}

/** One line: what came of loading. */
function told(result: PoliciesResult): string {
  switch (result.kind) {
    case "loaded":
      return result.policies.note === "" ? "loaded" : `loaded; ${result.policies.note}`;
    case "unchanged":
      return "unchanged";
    case "refused":
    case "unreachable":
      return `${result.kind}: ${result.report}`;
  }
}

const load = async (loader: PolicyLoader): Promise<string> => told(await loader.load());

describe("a bundle at an address", () => {
  test("is loaded, then asked for by its etag, and loaded again when it changes", async () => {
    const { server, loader } = await serve(await bundle());
    expect(await load(loader)).toBe("loaded");
    expect(await load(loader)).toBe("unchanged");
    server.bytes = await bundle({ kind: "drop_table" });
    expect(await load(loader)).toBe("loaded");
    expect(server.asked.map(({ status, etag }) => [status, etag !== undefined])).toEqual([
      [200, false],
      [304, true],
      [200, true],
    ]);
  });

  test("is unchanged too where the server knows no etags", async () => {
    const { server, loader } = await serve(await bundle());
    server.answer = (_, response) => {
      response.writeHead(200).end(server.bytes);
      return true;
    };
    expect(await load(loader)).toBe("loaded");
    expect(await load(loader)).toBe("unchanged");
  });

  test.each<[string, () => Promise<Buffer>, string]>([
    ["unsigned", () => bundle({ key: undefined }).then(withoutSignature), "it is not signed"],
    ["signed by a stranger", () => bundle({ key: strangerKeys.privateKey }), "signed with a key that is not trusted"],
    ["with a changed member", () => bundle().then(withChangedMember), "was changed after the bundle was built"],
    ["with a member more", () => bundle().then(withMember), "that the manifest does not name"],
    ["cut off", async () => (await bundle()).subarray(0, -1500), "cut off"],
    ["no bundle at all", async () => Buffer.from("<html>"), "not a gzip file"],
  ])("that is %s leaves the running one in place, and is asked for no second time", async (_, changed, message) => {
    const { server, loader } = await serve(await bundle());
    await load(loader);
    server.bytes = await changed();
    expect(await load(loader)).toContain(message);
    expect(await load(loader)).toBe("unchanged");
    server.bytes = await bundle({ kind: "drop_table" });
    expect(await load(loader)).toBe("loaded");
  });

  test("with mistakes names what it claims to be", async () => {
    const { server, loader } = await serve(await bundle());
    await load(loader);
    server.bytes = await bundleOf('package a\n\ndeny "no" if query.kind == "trunkate"\n', "r2");
    expect(await loader.load()).toMatchObject({
      kind: "refused",
      revision: "r2",
      report: expect.stringContaining("did you mean `truncate`"),
    });
    server.bytes = await bundleOf("package a\n", "r3");
    expect(await load(loader)).toContain("its revision is not that of its sources");
  });
});

async function bundleOf(text: string, revision: string): Promise<Buffer> {
  const folder = { sources: [{ path: "sources/a.policy", text }], data: {}, problems: [] };
  return writeBundle(folder, "test", revision, keys.privateKey);
}

function membersOf(bytes: Buffer) {
  const archive = readArchive(bytes);
  if (!archive.ok) throw new Error(archive.problem);
  return archive.members;
}

const withoutSignature = (bytes: Buffer) =>
  writeArchive(membersOf(bytes).filter(({ name }) => name !== "signature.jws"));
const withMember = (bytes: Buffer) =>
  writeArchive([...membersOf(bytes), { name: "sources/z.policy", bytes: Buffer.from("x") }]);
const withChangedMember = (bytes: Buffer) =>
  writeArchive(
    membersOf(bytes).map((member) =>
      member.name.endsWith(".policy") ? { ...member, bytes: Buffer.from("package a\n") } : member,
    ),
  );

describe("an older bundle", () => {
  const old = () => bundle({ kind: "truncate", sequence: 4 });
  const current = () => bundle({ kind: "drop_table", sequence: 5 });

  test.each<[string, () => Promise<Buffer>, () => Promise<Buffer>, string]>([
    ["with a lower sequence", current, old, "its sequence 4 is before 5, which is in force"],
    ["without a sequence", current, () => bundle(), "it has no sequence, and the one in force has 5"],
    ["of the same sequence", current, () => bundle({ sequence: 5 }), "it has the same sequence 5"],
  ])("%s is refused, unless it is permitted", async (_, before, after, message) => {
    const results: string[] = [];
    for (const allowRollback of [false, true]) {
      const { server, loader } = await serve(await before(), { allowRollback });
      expect(await load(loader)).toBe("loaded");
      server.bytes = await after();
      results.push(await load(loader));
    }
    expect(results).toEqual([expect.stringContaining(message), "loaded"]);
  });

  test("that was in force before is refused where none has a sequence; one that was not, comes", async () => {
    const { server, loader } = await serve(await bundle({ kind: "truncate" }));
    await load(loader);
    server.bytes = await bundle({ kind: "drop_table" });
    await load(loader);
    server.bytes = await bundle({ kind: "truncate" });
    expect(await load(loader)).toContain("it was in force before and has been replaced since");
    server.bytes = await bundle({ kind: "update" });
    expect(await load(loader)).toBe("loaded");
    server.bytes = await bundle({ kind: "truncate", sequence: 1 });
    expect(await load(loader)).toBe("loaded");
  });

  test("is refused across restarts where the last one was kept", async () => {
    const cacheFolder = temporaryFolder();
    const { server, loader } = await serve(await current(), { cacheFolder });
    await load(loader);
    server.bytes = await old();
    const restarted = new PolicyLoader(configOf(`${server.url}/bundle`, { cacheFolder }));
    expect(await load(restarted)).toMatch(
      /^loaded; the policies are those of the last run.*its sequence 4 is before 5/s,
    );
  });
});

describe("at start, an address that gives no bundle", () => {
  test("is named, with what to look at", async () => {
    const { server, loader } = await serve(await bundle());
    server.stop();
    expect(await load(loader)).toBe(
      `unreachable: ${server.url}/bundle: error: nothing listens there\n  help: check the address in \`policies.bundle\`, and that the server runs`,
    );
  });

  test("is replaced by the last good bundle, which is checked again", async () => {
    const cacheFolder = temporaryFolder();
    const { server, loader } = await serve(await bundle(), { cacheFolder });
    await load(loader);
    expect(readdirSync(cacheFolder)).toEqual(["bundle.tar.gz"]);
    server.stop();
    const again = () => load(new PolicyLoader(configOf(`${server.url}/bundle`, { cacheFolder })));
    expect(await again()).toMatch(/^loaded; the policies are those of the last run.*nothing listens there/s);

    const file = join(cacheFolder, "bundle.tar.gz");
    writeFileSync(file, withChangedMember(readFileSync(file)));
    expect(await again()).toMatch(
      /^unreachable: .*nothing listens there.*the last good bundle is refused: the member/s,
    );
  });

  test("is no harm where it comes back", async () => {
    const cacheFolder = temporaryFolder();
    const { server, loader } = await serve(await bundle(), { cacheFolder });
    await load(loader);
    server.bytes = Buffer.from("oops");
    const restarted = new PolicyLoader(configOf(`${server.url}/bundle`, { cacheFolder }));
    expect(await load(restarted)).toContain("loaded; the policies are those of the last run");
    server.bytes = await bundle({ kind: "drop_table" });
    expect(await load(restarted)).toBe("loaded");
  });
});

describe("the way to the address", () => {
  test("follows redirects, five at most", async () => {
    const { server, loader } = await serve(await bundle());
    let hops = 5;
    server.answer = (request, response) => {
      const at = Number(/^\/(\d+)$/.exec(request.url ?? "")?.[1] ?? 0);
      if (at >= hops) return false;
      response.writeHead(302, { location: `/${at + 1}` }).end();
      return true;
    };
    expect(await load(loader)).toBe("loaded");
    hops = 6;
    expect(await load(loader)).toContain("it redirects more than 5 times");
  });

  test("never goes from https to http, nor to a file", async () => {
    const tls = selfSigned();
    const server = await BundleServer.start(tls);
    const plain = await BundleServer.start();
    plain.bytes = await bundle();
    for (const [location, message] of [
      [`${plain.url}/bundle`, "it redirects from https to http"],
      ["file:///etc/passwd", "it redirects from https to file"],
      ["http://[", "it redirects to no address"],
    ] as const) {
      server.answer = (_, response) => {
        response.writeHead(301, { location }).end();
        return true;
      };
      expect(await load(new PolicyLoader(configOf(`${server.url}/b`, { ca: tls.cert })))).toContain(message);
    }
    expect(plain.asked).toEqual([]);
  });

  test("trusts the authority that is configured, and no other", async () => {
    const tls = selfSigned();
    const server = await BundleServer.start(tls);
    server.bytes = await bundle();
    const address = `${server.url}/bundle`;
    expect(await load(new PolicyLoader(configOf(address, { ca: tls.cert })))).toBe("loaded");
    expect(await load(new PolicyLoader(configOf(address)))).toContain("nobody trusted here has signed");
    const wrongName = address.replace("localhost", "127.0.0.1");
    expect(await load(new PolicyLoader(configOf(wrongName, { ca: tls.cert })))).toContain("for another host");
  });

  test("takes a token to its own origin only, read anew each time", async () => {
    const { server } = await serve(await bundle());
    const other = await BundleServer.start();
    other.bytes = await bundle();
    server.answer = (_, response) => {
      response.writeHead(307, { location: `${other.url}/signed-url` }).end();
      return true;
    };
    let token = "one";
    const loader = new PolicyLoader(configOf(`${server.url}/bundle`, { token: () => token }));
    await load(loader);
    token = "two";
    await load(loader);
    expect(server.asked.map(({ authorization }) => authorization)).toEqual(["Bearer one", "Bearer two"]);
    expect(other.asked.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  test("shows no token in what it reports", async () => {
    const { server } = await serve(await bundle());
    const reports = [await load(new PolicyLoader(configOf(`${server.url}/b`, { token: () => "secret\ntoken" })))];
    server.answer = (_, response) => {
      response.writeHead(401).end();
      return true;
    };
    reports.push(await load(new PolicyLoader(configOf(`${server.url}/b`, { token: () => "secret" }))));
    expect(reports[1]).toContain("the server answers 401\n  help: check the token");
    for (const report of reports) {
      expect(report).toContain("unreachable");
      expect(report).not.toContain("secret");
    }
  });

  test.each<[string, BundleServer["answer"], string]>([
    ["says nothing", () => true, "no whole answer within 0.3 s"],
    [
      "stops in the middle",
      (_, response) => {
        response.writeHead(200, { "content-length": 1000 }).write("x");
        return true;
      },
      "no whole answer within 0.3 s",
    ],
    [
      "hangs up in the middle",
      (_, response) => {
        response.writeHead(200, { "content-length": 1000 });
        response.write("x", () => response.destroy());
        return true;
      },
      "the server cut the answer off",
    ],
    [
      "never ends",
      (_, response) => {
        response.writeHead(200);
        const chunk = Buffer.alloc(1024 * 1024);
        const more = () => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once("drain", more);
        };
        more();
        return true;
      },
      "it is larger than 83886080 bytes",
    ],
    [
      "compresses",
      (_, response) => {
        response.writeHead(200, { "content-encoding": "br" }).end("x");
        return true;
      },
      "it comes in the encoding br",
    ],
    [
      "answers unasked that nothing changed",
      (_, response) => {
        response.writeHead(304).end();
        return true;
      },
      "the server answers 304",
    ],
    [
      "has an error of its own",
      (_, response) => {
        response.writeHead(503).end();
        return true;
      },
      "the server answers 503",
    ],
  ])("ends at a server that %s", async (name, answer, message) => {
    const timeoutMs = name.startsWith("never") ? 20_000 : 300;
    const { server, loader } = await serve(await bundle(), { timeoutMs });
    server.answer = answer;
    expect(await load(loader)).toContain(message);
  });
});

test("a source asks again and again, tells of an outage once, and swaps what is new", async () => {
  const { server, loader } = await serve(await bundle());
  const first = await loader.load();
  if (first.kind !== "loaded") throw new Error("the bundle does not load");
  const events: string[] = [];
  const source = new PolicySource(first.policies, {
    config: configOf(server.url),
    loader,
    swap: ({ enforcer }, before) =>
      events.push(before === first.policies.enforcer.revision && enforcer.revision !== before ? "swap" : "?"),
    refused: ({ report, inForce }) =>
      events.push(inForce === first.policies.enforcer.revision ? `refused ${/refused: (.*)/.exec(report)?.[1]}` : "?"),
    unreachable: (report) => events.push(report === undefined ? "reached" : "unreachable"),
  });
  onTestFinished(() => source.close());
  source.start();
  const until = async (condition: () => boolean) => expect.poll(condition, { timeout: 20_000 }).toBe(true);
  await until(() => server.asked.length > 3);
  server.bytes = Buffer.from("oops");
  await until(() => events.length === 1);
  const asked = server.asked.length;
  await until(() => server.asked.length > asked + 3);
  server.answer = (_, response) => {
    response.writeHead(500).end();
    return true;
  };
  await until(() => source.counters.failures > 3);
  server.answer = undefined;
  server.bytes = await bundle({ kind: "drop_table" });
  await until(() => events.length === 4);
  expect(events).toEqual(["refused it is not a gzip file: incorrect header check", "unreachable", "reached", "swap"]);
  expect(source.counters).toMatchObject({ swaps: 1, refusals: 1 });
});
