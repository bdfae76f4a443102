import { createHmac, pbkdf2Sync, createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ScramExchange,
  scramMechanisms,
  scramMessageBytesMax,
  type ScramChannel,
  type ScramStep,
} from "./scram-server.ts";
import { deriveVerifier, formatVerifier, parseVerifier } from "./scram-verifier.ts";

const plain: ScramChannel = { certificateHash: undefined };
const bound: ScramChannel = { certificateHash: Buffer.from("certificate digest") };
const pencil = await deriveVerifier("pencil", {
  iterations: 4096,
  salt: Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"),
});

const hmac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** A client written from RFC 5802 with nothing of the server's code. */
function clientFinal(password: string, clientFirstBare: string, serverFirst: string, binding: Buffer) {
  const fields = Object.fromEntries(serverFirst.split(",").map((field) => [field[0]!, field.slice(2)]));
  const salted = pbkdf2Sync(password, Buffer.from(fields.s!, "base64"), Number(fields.i), 32, "sha256");
  const clientKey = hmac(salted, "Client Key");
  const withoutProof = `c=${binding.toString("base64")},r=${fields.r!}`;
  const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`;
  const signature = hmac(createHash("sha256").update(clientKey).digest(), authMessage);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ signature[index]!));
  return {
    message: `${withoutProof},p=${proof.toString("base64")}`,
    serverSignature: `v=${hmac(hmac(salted, "Server Key"), authMessage).toString("base64")}`,
  };
}

function login(
  password: string,
  channel: ScramChannel,
  gs2: string,
  mechanism: string,
  genuine = true,
  binding?: Buffer,
): ScramStep {
  const exchange = new ScramExchange(pencil, genuine, channel);
  const bare = "n=,r=abcdefghijklmnop";
  const challenge = exchange.first(mechanism, Buffer.from(gs2 + bare));
  if (challenge.kind !== "continue") return challenge;
  const { message } = clientFinal(password, bare, challenge.data.toString(), binding ?? Buffer.from(gs2));
  return exchange.final(Buffer.from(message));
}

describe("an exchange", () => {
  test("answers the example of RFC 7677 word for word", () => {
    const exchange = new ScramExchange(pencil, true, plain, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    expect(exchange.first("SCRAM-SHA-256", Buffer.from("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"))).toEqual({
      kind: "continue",
      data: Buffer.from("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
    });
    const final =
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    expect(exchange.final(Buffer.from(final))).toEqual({
      kind: "done",
      data: Buffer.from("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
    });
  });

  test("proves the server to the client", () => {
    const exchange = new ScramExchange(pencil, true, plain);
    const bare = "n=,r=abc";
    const challenge = exchange.first("SCRAM-SHA-256", Buffer.from(`n,,${bare}`));
    if (challenge.kind !== "continue") throw new Error(challenge.kind);
    const { message, serverSignature } = clientFinal("pencil", bare, challenge.data.toString(), Buffer.from("n,,"));
    expect(exchange.final(Buffer.from(message))).toEqual({ kind: "done", data: Buffer.from(serverSignature) });
  });

  test.each<[string, () => ScramStep, ScramStep["kind"]]>([
    ["the right password", () => login("pencil", plain, "n,,", "SCRAM-SHA-256"), "done"],
    ["a client that can bind, without TLS", () => login("pencil", plain, "y,,", "SCRAM-SHA-256"), "done"],
    ["a client that cannot bind, with TLS", () => login("pencil", bound, "n,,", "SCRAM-SHA-256"), "done"],
    [
      "channel binding",
      () =>
        login(
          "pencil",
          bound,
          "p=tls-server-end-point,,",
          "SCRAM-SHA-256-PLUS",
          true,
          Buffer.from("p=tls-server-end-point,,certificate digest"),
        ),
      "done",
    ],
    ["a wrong password", () => login("pencils", plain, "n,,", "SCRAM-SHA-256"), "refused"],
    [
      "an unknown user, even with a proof that fits the mock",
      () => login("pencil", plain, "n,,", "SCRAM-SHA-256", false),
      "refused",
    ],
    [
      "another certificate (somebody in the middle)",
      () =>
        login(
          "pencil",
          bound,
          "p=tls-server-end-point,,",
          "SCRAM-SHA-256-PLUS",
          true,
          Buffer.from("p=tls-server-end-point,,another digest"),
        ),
      "protocol_error",
    ],
    ["an offer removed on the way", () => login("pencil", bound, "y,,", "SCRAM-SHA-256"), "protocol_error"],
    [
      "PLUS without TLS",
      () => login("pencil", plain, "p=tls-server-end-point,,", "SCRAM-SHA-256-PLUS"),
      "protocol_error",
    ],
    ["PLUS without a binding", () => login("pencil", bound, "n,,", "SCRAM-SHA-256-PLUS"), "protocol_error"],
    ["another binding type", () => login("pencil", bound, "p=tls-unique,,", "SCRAM-SHA-256-PLUS"), "protocol_error"],
    ["another mechanism", () => login("pencil", plain, "n,,", "SCRAM-SHA-1"), "protocol_error"],
    ["an authorization identity", () => login("pencil", plain, "n,a=root,", "SCRAM-SHA-256"), "protocol_error"],
    [
      "a header that was changed after the first message",
      () => login("pencil", plain, "n,,", "SCRAM-SHA-256", true, Buffer.from("y,,")),
      "protocol_error",
    ],
  ])("with %s ends as it should", (_name, run, kind) => {
    expect(run().kind).toBe(kind);
  });

  test("refuses a proof that is changed in any bit", () => {
    for (let bit = 0; bit < 256; bit++) {
      const exchange = new ScramExchange(pencil, true, plain);
      const challenge = exchange.first("SCRAM-SHA-256", Buffer.from("n,,n=,r=abc"));
      if (challenge.kind !== "continue") throw new Error(challenge.kind);
      const { message } = clientFinal("pencil", "n=,r=abc", challenge.data.toString(), Buffer.from("n,,"));
      const split = message.indexOf(",p=") + 3;
      const proof = Buffer.from(message.slice(split), "base64");
      proof[bit >> 3]! ^= 1 << (bit & 7);
      expect(exchange.final(Buffer.from(message.slice(0, split) + proof.toString("base64"))).kind).toBe("refused");
    }
  });

  test("serves one login only", () => {
    const exchange = new ScramExchange(pencil, true, plain);
    expect(exchange.final(Buffer.from("c=biws,r=x,p=AAAA")).kind).toBe("protocol_error");
    expect(exchange.first("SCRAM-SHA-256", Buffer.from("n,,n=,r=abc")).kind).toBe("protocol_error");
  });

  test("gives each exchange a nonce of its own", () => {
    const nonces = Array.from({ length: 100 }, () => {
      const step = new ScramExchange(pencil, true, plain).first("SCRAM-SHA-256", Buffer.from("n,,n=,r=abc"));
      return step.kind === "continue" ? step.data.toString() : step.kind;
    });
    expect(new Set(nonces).size).toBe(100);
  });

  test("offers channel binding on TLS only", () => {
    expect(scramMechanisms(plain)).toEqual(["SCRAM-SHA-256"]);
    expect(scramMechanisms(bound)).toEqual(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]);
  });

  test("takes no message longer than the limit", () => {
    const message = Buffer.from(`n,,n=,r=${"a".repeat(scramMessageBytesMax)}`);
    expect(new ScramExchange(pencil, true, plain).first("SCRAM-SHA-256", message).kind).toBe("protocol_error");
  });

  test("neither throws nor lets anybody in, whatever bytes come", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.stringMatching(/^(n|y|p=tls-server-end-point)?,?,?(n=)?,?(r=)?[a-z,=]*$/).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(
        bytes,
        bytes,
        fc.constantFrom("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"),
        fc.boolean(),
        (first, final, mechanism, tls) => {
          const exchange = new ScramExchange(pencil, true, tls ? bound : plain);
          exchange.first(mechanism, Buffer.from(first));
          expect(exchange.final(Buffer.from(final)).kind).toBe("protocol_error");
        },
      ),
    );
  });
});

describe("a verifier", () => {
  const text =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

  test("has PostgreSQL's text form", () => {
    expect(formatVerifier(pencil)).toBe(text);
    expect(parseVerifier(text)).toEqual(pencil);
  });

  test.each([
    ["nothing", ""],
    ["a password in the clear", "pencil"],
    ["an md5 hash", "md5e8a48653851e28c69d0506508fb27fc5"],
    ["no iterations", text.replace("4096", "0")],
    ["iterations that would take minutes", text.replace("4096", "99999999")],
    ["a salt that is not base64", text.replace("W22Z", "!22Z")],
    ["a short key", text.replace("WG5d", "")],
    ["a trailing line", `${text}\n`],
  ])("that is %s is refused", (_name, wrong) => {
    expect(parseVerifier(wrong)).toBeUndefined();
  });
});
