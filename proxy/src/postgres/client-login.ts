/**
 * A connection until its client is authenticated: TLS, StartupMessage, SCRAM or a token ("Start-up" and "SSL Session Encryption" of the
 * protocol's message flow). What comes out is a client whose next bytes are ordinary messages.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type Identity, lastingIdentity } from "../identity/identity.ts";
import { type PeerCertificate, peerCertificate } from "../identity/certificate/peer-certificate.ts";
import type { TokenOutcome } from "../identity/jwt/token-verifier.ts";
import type { Login } from "../identity/login.ts";
import { newTokenHint, type TokenIdentities } from "../identity/token-logins.ts";
import type { LoginHost } from "../enforce/session-host.ts";
import { endWithError } from "./end-with-error.ts";
import type { SessionFrames } from "./frame-rules.ts";
import { frame, Framer } from "./framer.ts";
import {
  encodeAuthenticationCleartextPassword,
  encodeAuthenticationOk,
  encodeSaslContinue,
  encodeSaslFinal,
  encodeSaslMechanisms,
} from "./messages/authentication.ts";
import { encodeNegotiateProtocolVersion } from "./messages/negotiate-protocol-version.ts";
import { decodePassword } from "./messages/password.ts";
import { decodeSaslInitialResponse } from "./messages/sasl-response.ts";
import { decodeFirstMessage, type FirstMessage } from "./messages/startup.ts";
import { readStartupParameters, type StartupParameters } from "./startup-parameters.ts";
import { ProtocolError } from "../enforce/protocol-error.ts";

/** What of PostgreSQL's protocol a login needs besides. */
export interface LoginFront {
  readonly frames: SessionFrames;
  cancel(processId: number, secret: Buffer): void;
}

/** A client that has proven who it is; AuthenticationOk has been sent. */
export interface LoggedIn {
  readonly socket: Socket;
  readonly identity: Identity;
  readonly startup: StartupParameters;
  /** 2 for protocol 3.2, else 0. */
  readonly minor: number;
  readonly tls: boolean;
  /** What came after the last login message. */
  readonly early: Buffer;
}

const newestMinor = 2;
const tlsHandshakeByte = 0x16;

export class ClientLogin {
  readonly #host: LoginHost;
  readonly #front: LoginFront;
  readonly #done: (client: LoggedIn) => void;
  readonly #address: string;
  #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #tls = false;
  /** Of the certificate that the client was shown, for channel binding. */
  #certificateHash: Buffer | undefined;
  #gssRefused = false;
  #framer: Framer | undefined;
  #startup: StartupParameters | undefined;
  #minor = 0;
  #peer: PeerCertificate = { kind: "none" };
  #login: Login | undefined;
  #tokens: TokenIdentities | undefined;
  #step: "first" | "final" = "first";
  #over = false;

  /** @param done called once, when the client is authenticated; never when the connection ends before. */
  constructor(host: LoginHost, front: LoginFront, socket: Socket, done: (client: LoggedIn) => void) {
    this.#host = host;
    this.#front = front;
    this.#done = done;
    this.#socket = socket;
    this.#address = socket.remoteAddress ?? "";
    this.#listen(socket);
  }

  /** Tells the client why, and ends the connection. */
  #refuse(sqlstate: string, message: string, hint?: string): void {
    this.#over = true;
    endWithError(this.#socket, sqlstate, message, hint);
  }

  #listen(socket: Socket): void {
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("error", () => socket.destroy());
  }

  #received(chunk: Buffer): void {
    if (this.#over) return;
    try {
      if (this.#framer === undefined) {
        this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
        this.#first();
      } else {
        this.#framer.push(chunk);
        this.#authenticate(this.#framer);
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.#refuse(error.sqlstate, error.message);
      else throw error;
    }
  }

  #first(): void {
    const bytes = this.#bytes;
    if (!this.#tls && bytes[0] === tlsHandshakeByte && this.#host.tls !== undefined) {
      this.#startTls(bytes, true);
      return;
    }
    if (bytes.length < 4) return;
    const length = bytes.readUInt32BE(0);
    if (length < 8 || length > this.#host.limits.startupBytes) {
      // Not a client of ours; saying something could only confuse whoever it is.
      throw new ProtocolError("invalid length of startup packet");
    }
    if (bytes.length < length) return;
    this.#bytes = bytes.subarray(length);
    this.#begin(decodeFirstMessage(bytes.subarray(0, length)));
  }

  #begin(first: FirstMessage): void {
    switch (first.kind) {
      case "ssl_request":
        this.#sslRequest();
        return;
      case "gss_request":
        if (this.#gssRefused || this.#tls || this.#bytes.length > 0)
          throw new ProtocolError("unexpected GSSENCRequest");
        this.#gssRefused = true;
        this.#socket.write("N");
        return;
      case "cancel":
        this.#over = true;
        this.#front.cancel(first.processId, first.secret);
        this.#socket.end();
        return;
      case "startup":
        this.#begun(first);
        return;
      default:
        first satisfies never;
    }
  }

  #sslRequest(): void {
    if (this.#tls) throw new ProtocolError("the connection is encrypted already");
    // Bytes that came in the clear and would be read as if they had come encrypted (CVE-2021-23214).
    if (this.#bytes.length > 0) throw new ProtocolError("received unencrypted data after SSL request");
    if (this.#host.tls === undefined) {
      this.#socket.write("N");
      return;
    }
    this.#socket.write("S");
    this.#startTls(Buffer.alloc(0), false);
  }

  /** @param isDirect without SSLRequest: then ALPN must name the protocol. */
  #startTls(received: Buffer, isDirect: boolean): void {
    const { tls } = this.#host;
    if (tls === undefined) return;
    const plain = this.#socket;
    plain.removeAllListeners("data");
    plain.pause();
    this.#bytes = Buffer.alloc(0);
    if (received.length > 0) plain.unshift(received);
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: tls.context,
      requestCert: this.#host.certificates !== undefined,
      rejectUnauthorized: false,
      ALPNProtocols: ["postgresql"],
    });
    this.#tls = true;
    this.#certificateHash = tls.certificateHash;
    this.#socket = secure;
    this.#listen(secure);
    secure.on("close", () => plain.destroy());
    secure.once("secure", () => {
      secure.disableRenegotiation();
      if (this.#host.certificates !== undefined) this.#peer = peerCertificate(secure);
      if (isDirect && secure.alpnProtocol !== "postgresql") {
        this.#refuse("08P01", "received direct SSL connection request without ALPN protocol negotiation extension");
      }
    });
  }

  #begun(first: Extract<FirstMessage, { kind: "startup" }>): void {
    const { tlsRequired, identities, tokens } = this.#host;
    if (first.major !== 3) {
      this.#refuse(
        "0A000",
        `unsupported frontend protocol ${first.major}.${first.minor}: 3.0 to 3.${newestMinor} are supported`,
      );
      return;
    }
    if (this.#host.isFull()) {
      this.#refuse("53300", "sorry, too many clients already", "try again later");
      return;
    }
    if (tlsRequired && !this.#tls) {
      this.#refuse("28000", "connections must be encrypted", "connect with sslmode=require");
      return;
    }
    const read = readStartupParameters(first.parameters);
    if (read.kind === "refused") {
      this.#refuse(read.sqlstate, read.message, read.hint);
      return;
    }
    const { parameters } = read;
    this.#startup = parameters;
    this.#minor = Math.min(first.minor, newestMinor);
    if (first.minor > newestMinor || parameters.protocolOptions.length > 0) {
      this.#socket.write(encodeNegotiateProtocolVersion((3 << 16) | this.#minor, parameters.protocolOptions));
    }
    if (this.#host.isThrottled(this.#address)) {
      this.#refuse("28000", "too many failed logins from this address", "wait a minute");
      return;
    }
    if (this.#certificate(parameters.user)) return;
    const { frames } = this.#front;
    if (tokens?.bringsToken(parameters.user) === true) {
      if (!this.#tls) {
        this.#refuse("28000", "tokens are taken over encrypted connections only", "connect with sslmode=verify-full");
        return;
      }
      this.#tokens = tokens;
      this.#socket.write(encodeAuthenticationCleartextPassword());
    } else {
      this.#login = identities.begin(parameters.user, { certificateHash: this.#certificateHash });
      this.#socket.write(encodeSaslMechanisms(this.#login.mechanisms));
    }
    const rules = this.#tokens === undefined ? frames.login : frames.tokenLogin;
    this.#framer = new Framer(rules, this.#host.limits.messageBytes);
    this.#framer.push(this.#bytes);
    this.#authenticate(this.#framer);
  }

  /** What a client certificate decides alone. @returns whether it has */
  #certificate(user: string): boolean {
    const { certificates } = this.#host;
    if (certificates === undefined) return false;
    const refusal = certificates.refusal(this.#peer);
    if (refusal === undefined && !certificates.bringsCertificate(user)) return false;
    const identity = refusal ?? certificates.identify(user, this.#peer);
    if (typeof identity === "string") this.#refuseCertificate(identity);
    else {
      this.#framer = new Framer(this.#front.frames.login, this.#host.limits.messageBytes);
      this.#framer.push(this.#bytes);
      this.#finish(identity);
    }
    return true;
  }

  #refuseCertificate(because: string): void {
    this.#host.loginFailed(this.#address, this.#startup?.user ?? "", because);
    this.#refuse("28000", because, "sslcert and sslkey name the certificate; sslcertmode=disable sends none");
  }

  #authenticate(framer: Framer): void {
    for (let found = framer.next(); found !== frame.none; found = framer.next()) {
      if (found === frame.oversize && this.#tokens !== undefined) {
        this.#verified({ kind: "refused", because: `has more than ${this.#tokens.tokenBytesMax} bytes` });
        return;
      }
      if (found !== frame.message) throw new ProtocolError("expected a SASL response");
      if (framer.type === 0x58) {
        this.#over = true;
        this.#socket.end();
        return;
      }
      this.#answer(framer.buffer, framer.body, framer.end);
      if (this.#over) return;
    }
  }

  #answer(buffer: Buffer, body: number, end: number): void {
    if (this.#tokens !== undefined) {
      this.#verify(this.#tokens, decodePassword(buffer, body, end));
      return;
    }
    const login = this.#login;
    if (login === undefined || this.#startup === undefined) return;
    const { user } = this.#startup;
    let step;
    if (this.#step === "first") {
      const { mechanism, data } = decodeSaslInitialResponse(buffer, body, end);
      step = login.first(mechanism, data);
    } else step = login.final(Buffer.from(buffer.subarray(body, end)));
    this.#step = "final";
    switch (step.kind) {
      case "continue":
        this.#socket.write(encodeSaslContinue(step.data));
        return;
      case "refused":
        this.#host.loginFailed(this.#address, user, "wrong password or unknown user");
        this.#refuse("28P01", `password authentication failed for user "${user}"`);
        return;
      case "protocol_error":
        this.#host.loginFailed(this.#address, user, step.message);
        this.#refuse("08P01", step.message);
        return;
      case "done":
        this.#proven(lastingIdentity(step.principal), encodeSaslFinal(step.data));
        return;
      default:
        step satisfies never;
    }
  }

  /** Nothing more is read until it is known. */
  #verify(tokens: TokenIdentities, token: string): void {
    this.#over = true;
    this.#socket.pause();
    tokens.verify(token).then(
      (outcome) => {
        if (!this.#socket.destroyed) this.#verified(outcome);
      },
      () => this.#refuse("XX000", "internal error of the proxy"),
    );
  }

  #verified(outcome: TokenOutcome): void {
    const user = this.#startup?.user ?? "";
    switch (outcome.kind) {
      case "proven":
        this.#proven(outcome.identity);
        return;
      case "refused":
        this.#host.loginFailed(this.#address, user, `the token ${outcome.because}`);
        this.#refuse("28P01", `the token ${outcome.because}`, newTokenHint);
        return;
      case "unavailable":
        this.#host.loginUndecided(this.#address, user, `the token ${outcome.because}`);
        this.#refuse("28000", `the token ${outcome.because}`, "try again later, and tell whoever operates the proxy");
        return;
      default:
        outcome satisfies never;
    }
  }

  /** What was proven may not be enough. */
  #proven(identity: Identity, saslFinal?: Buffer): void {
    const whole = this.#host.certificates?.beside(this.#startup?.user ?? "", this.#peer, identity) ?? identity;
    if (typeof whole === "string") this.#refuseCertificate(whole);
    else this.#finish(whole, saslFinal);
  }

  #finish(identity: Identity, saslFinal: Buffer = Buffer.alloc(0)): void {
    this.#over = true;
    const socket = this.#socket;
    socket.write(Buffer.concat([saslFinal, encodeAuthenticationOk()]));
    socket.pause();
    socket.removeAllListeners("data");
    if (this.#startup === undefined || this.#framer === undefined) return;
    const early = this.#framer.unread;
    this.#done({ socket, identity, startup: this.#startup, minor: this.#minor, tls: this.#tls, early });
  }
}
