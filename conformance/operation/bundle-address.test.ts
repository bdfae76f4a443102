import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { PolicyLoader } from "../../proxy/src/policies/policy-loader.ts";
import { PolicySource } from "../../proxy/src/policies/policy-source.ts";
import { selfSigned } from "../protocol/certificate.ts";
import { BundleServer } from "./bundle-server.ts";
import { bundle, bundleOf, configOf, load, serve, temporaryFolder, withChangedMember } from "./bundles.ts";

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

  test("with mistakes names what it claims to be", async () => {
    const { server, loader } = await serve(await bundle());
    await load(loader);
    server.bytes = await bundleOf('package a\n\ndeny "no" if query.kind == "trunkate"\n', { revision: "r2" });
    expect(await loader.load()).toMatchObject({
      kind: "refused",
      revision: "r2",
      report: expect.stringContaining("did you mean `truncate`"),
    });
    server.bytes = await bundleOf("package a\n", { revision: "r3" });
    expect(await load(loader)).toContain("its revision is not that of its sources");
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
    watched: configOf(server.url),
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
