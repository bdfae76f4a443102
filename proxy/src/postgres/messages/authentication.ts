import { message } from "../wire.ts";

export function encodeAuthenticationOk(): Buffer {
  return message("R", (writer) => writer.int32(0));
}

/** The answer is a PasswordMessage: to be asked for over TLS only. */
export function encodeAuthenticationCleartextPassword(): Buffer {
  return message("R", (writer) => writer.int32(3));
}

/** AuthenticationSASL: the mechanisms on offer, the preferred one first. */
export function encodeSaslMechanisms(mechanisms: readonly string[]): Buffer {
  return message("R", (writer) => {
    writer.int32(10);
    for (const mechanism of mechanisms) writer.string(mechanism);
    writer.byte(0);
  });
}

export function encodeSaslContinue(data: Buffer): Buffer {
  return message("R", (writer) => writer.int32(11).bytes(data));
}

export function encodeSaslFinal(data: Buffer): Buffer {
  return message("R", (writer) => writer.int32(12).bytes(data));
}
