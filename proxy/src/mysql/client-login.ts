/**
 * A connection until its client is authenticated: greeting, TLS, handshake response, authentication ("Connection Phase"). What comes out is
 * a client that waits for an OK, and whose next bytes are commands.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Identity } from "../identity/identity.ts";
import { type PeerCertificate, peerCertificate } from "../identity/certificate/peer-certificate.ts";
import { newTokenHint } from "../identity/token-logins.ts";
import { ProtocolError } from "../enforce/protocol-error.ts";
import type { LoginHost } from "../enforce/session-host.ts";
import type { Sha2Cache } from "../identity/sha2-cache.ts";
import {
  Authentication,
  type AuthStep,
  defaultPlugin,
  fastSuccess,
  type LoginConversation,
  newScramble,
} from "./authentication.ts";
import { offeredCapabilities, requiredCapabilities, status } from "./capabilities.ts";
import { type ClientCharset, clientCharset, wideCharset } from "./collations.ts";
import { endWithError } from "./end-with-error.ts";
import { frame, Framer } from "./framer.ts";
import { encodeAuthMoreData, encodeAuthSwitchRequest } from "./messages/authentication.ts";
import { encodeHandshake } from "./messages/handshake.ts";
import { type ChangeUser, decodeHandshakeResponse, type HandshakeResponse } from "./messages/handshake-response.ts";
import type { RsaKey } from "./rsa-key.ts";
import { TokenAuthentication } from "./token-authentication.ts";

/** What of MySQL's protocol a login needs besides. */
export interface LoginFront {
  readonly passwords: Sha2Cache;
  readonly rsaKey: RsaKey;
  /** As the greeting tells it, before it is known where the client wants to go. */
  readonly serverVersion: string;
  newConnectionId(): number;
}

/** A client that has been logged in before, and asks for another login on its connection. */
export interface Relogin {
  readonly before: LoggedIn;
  readonly asked: ChangeUser;
  /** Number of the next packet. */
  readonly sequence: number;
  /** What came behind the request. */
  readonly early: Buffer;
}

/** A client that has proven who it is and waits for an OK. */
export interface LoggedIn {
  readonly socket: Socket;
  readonly identity: Identity;
  readonly connectionId: number;
  /** Of the connection: the client's, as far as the proxy has offered them. */
  readonly capabilities: number;
  readonly charset: ClientCharset;
  readonly user: string;
  readonly database: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly tls: boolean;
  /** Of the OK. */
  readonly sequence: number;
  /** What came after the last login message. */
  readonly early: Buffer;
}

const useTls = "connect with --ssl-mode=REQUIRED, or --ssl for MariaDB";
const utf8mb4General = 45;
const tlsHandshakeByte = 0x16;

export class ClientLogin {
  readonly #host: LoginHost;
  readonly #front: LoginFront;
  readonly #done: (client: LoggedIn) => void;
  readonly #address: string;
  readonly #connectionId: number;
  readonly #scramble = newScramble();
  readonly #offered: number;
  readonly #framer: Framer;
  #socket: Socket;
  #tls = false;
  /** Of the next packet, whoever sends it. */
  #sequence = 1;
  #response: HandshakeResponse | undefined;
  #charset: ClientCharset | undefined;
  #peer: PeerCertificate = { kind: "none" };
  #authentication: LoginConversation | undefined;
  #over = false;

  /** @param done called once, when the client is authenticated; never when the connection ends before. */
  constructor(host: LoginHost, front: LoginFront, socket: Socket, done: (client: LoggedIn) => void, relogin?: Relogin) {
    this.#host = host;
    this.#front = front;
    this.#done = done;
    this.#socket = socket;
    this.#address = socket.remoteAddress ?? "";
    this.#connectionId = relogin?.before.connectionId ?? front.newConnectionId();
    this.#offered = offeredCapabilities(host.tls !== undefined);
    this.#framer = new Framer(Math.max(host.limits.startupBytes, (host.tokens?.tokenBytesMax ?? 0) + 1));
    this.#listen(socket);
    if (relogin === undefined) this.#greet();
    else this.#again(relogin);
  }

  #greet(): void {
    this.#socket.write(
      encodeHandshake({
        serverVersion: this.#front.serverVersion,
        connectionId: this.#connectionId,
        scramble: this.#scramble,
        capabilities: this.#offered,
        collation: utf8mb4General,
        status: status.autocommit,
        authPlugin: defaultPlugin,
      }),
    );
  }

  /** The client has no greeting with a scramble of this login's: it is told to begin with the plugin, and what to use with it. */
  #again({ before, asked, sequence, early }: Relogin): void {
    const { user, authResponse, database, attributes, collation } = asked;
    this.#tls = before.tls;
    this.#sequence = sequence;
    this.#framer.push(early);
    this.#response = {
      kind: "response",
      capabilities: before.capabilities,
      collation: collation ?? 0,
      user,
      authResponse,
      database,
      plugin: "",
      attributes: attributes.size === 0 ? before.attributes : attributes,
    };
    this.#authenticate(this.#response, collation === undefined ? before.charset : wideCharset(collation));
  }

  #listen(socket: Socket): void {
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("error", () => socket.destroy());
  }

  #refuse(sqlstate: string, message: string, hint?: string): void {
    this.#over = true;
    endWithError(this.#socket, this.#sequence, sqlstate, message, hint);
  }

  #received(chunk: Buffer): void {
    if (this.#over) return;
    this.#framer.push(chunk);
    this.#read();
  }

  #read(): void {
    try {
      const found = this.#framer.next();
      if (found === frame.oversize) throw new ProtocolError("a message of the login is too long");
      if (found === frame.packet) this.#packet();
    } catch (error) {
      if (error instanceof ProtocolError) this.#refuse(error.sqlstate, error.message);
      else throw error;
    }
  }

  /** What comes after it is not read before it is answered. */
  #packet(): void {
    const { buffer, body, end, sequence } = this.#framer;
    if (sequence !== this.#sequence) throw new ProtocolError("packets out of order");
    this.#sequence = (sequence + 1) & 0xff;
    if (this.#authentication !== undefined) {
      this.#proceed(this.#authentication.next(Buffer.from(buffer.subarray(body, end))));
      return;
    }
    const response = decodeHandshakeResponse(buffer, body, end, this.#offered);
    if (response.kind === "ssl_request") this.#startTls();
    else this.#begun(response);
  }

  #startTls(): void {
    const { tls } = this.#host;
    if (tls === undefined || this.#tls) throw new ProtocolError("unexpected request for encryption");
    // The client may begin with TLS at once. What is anything else came in the clear, and must not be read as if it had come encrypted.
    const ahead = this.#framer.unread;
    if (ahead.length > 0 && ahead[0] !== tlsHandshakeByte)
      throw new ProtocolError("received unencrypted data after the request for TLS");
    const plain = this.#socket;
    plain.removeAllListeners("data");
    plain.pause();
    if (ahead.length > 0) plain.unshift(ahead);
    this.#framer.push(Buffer.alloc(0));
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: tls.context,
      requestCert: this.#host.certificates !== undefined,
      rejectUnauthorized: false,
    });
    secure.once("secure", () => secure.disableRenegotiation());
    this.#tls = true;
    this.#socket = secure;
    this.#listen(secure);
    secure.on("close", () => plain.destroy());
  }

  #begun(response: HandshakeResponse): void {
    this.#response = response;
    if ((response.capabilities & requiredCapabilities) !== requiredCapabilities) {
      this.#refuse("0A000", "the client is too old: it must know authentication by plugins");
      return;
    }
    if (this.#host.isFull()) {
      this.#refuse("53300", "Too many connections", "try again later");
      return;
    }
    this.#authenticate(response, clientCharset(response.collation));
  }

  #authenticate(response: HandshakeResponse, charset: ClientCharset | undefined): void {
    const { tokens, tlsRequired } = this.#host;
    this.#charset = charset;
    // Who becomes somebody else on a connection may have made it when this was not asked for.
    if (tlsRequired && !this.#tls) {
      this.#refuse("28000", "connections must be encrypted", useTls);
      return;
    }
    if (this.#charset === undefined) {
      this.#refuse(
        "22021",
        "the character set of the connection is not supported: statements are checked as UTF-8",
        "connect with --default-character-set=utf8mb4",
      );
      return;
    }
    if (this.#host.isThrottled(this.#address)) {
      this.#refuse("28000", "too many failed logins from this address", "wait a minute");
      return;
    }
    if (this.#certificate(response.user)) return;
    if (tokens?.bringsToken(response.user) === true) {
      if (!this.#tls) {
        this.#refuse("28000", "tokens are taken over encrypted connections only", useTls);
        return;
      }
      this.#authentication = new TokenAuthentication(tokens, this.#scramble);
    } else this.#authentication = this.#passwordLogin(response.user);
    this.#proceed(this.#authentication.first(response.plugin, response.authResponse));
  }

  /** What a client certificate decides alone. @returns whether it has */
  #certificate(user: string): boolean {
    const { certificates } = this.#host;
    if (certificates === undefined) return false;
    if (this.#socket instanceof TLSSocket) this.#peer = peerCertificate(this.#socket);
    const refusal = certificates.refusal(this.#peer);
    if (refusal === undefined && !certificates.bringsCertificate(user)) return false;
    const identity = refusal ?? certificates.identify(user, this.#peer);
    if (typeof identity === "string") this.#refuseCertificate(identity);
    else {
      // Who has sent the scramble of a password waits for what becomes of it.
      if (this.#response?.plugin === defaultPlugin && this.#response.authResponse.length > 1) this.#more(fastSuccess);
      this.#finish(identity);
    }
    return true;
  }

  #refuseCertificate(because: string): void {
    this.#host.loginFailed(this.#address, this.#response?.user ?? "", because);
    this.#refuse("28000", `Access denied: ${because}`, "--ssl-cert and --ssl-key name the certificate");
  }

  #passwordLogin(user: string): Authentication {
    const { tls, identities } = this.#host;
    const login = identities.begin(user, { certificateHash: this.#tls ? tls?.certificateHash : undefined });
    const isLocal = /^(?:::ffff:)?127\.|^::1$/.test(this.#address);
    const channel = { isEncrypted: this.#tls, isLocal, scramble: this.#scramble };
    return new Authentication(login, channel, this.#front.passwords, this.#front.rsaKey);
  }

  /** Until the step is known, nothing more is read. */
  #proceed(step: Promise<AuthStep>): void {
    this.#socket.pause();
    step.then(
      (known) => {
        if (this.#over || this.#socket.destroyed) return;
        this.#take(known);
        if (this.#over) return;
        this.#read();
        this.#socket.resume();
      },
      () => this.#refuse("XX000", "internal error of the proxy"),
    );
  }

  #take(step: AuthStep): void {
    switch (step.kind) {
      case "switch":
        this.#socket.write(encodeAuthSwitchRequest(step.plugin, step.data, this.#sequence));
        this.#sequence = (this.#sequence + 1) & 0xff;
        return;
      case "more":
        this.#more(step.data);
        return;
      case "refused":
        this.#refused(step.token);
        return;
      case "done":
        this.#proven(step.identity, step.more);
        return;
      default:
        step satisfies never;
    }
  }

  /** What was proven may not be enough. */
  #proven(identity: Identity, more: Buffer | undefined): void {
    const whole = this.#host.certificates?.beside(this.#response?.user ?? "", this.#peer, identity) ?? identity;
    if (typeof whole === "string") {
      this.#refuseCertificate(whole);
      return;
    }
    if (more !== undefined) this.#more(more);
    this.#finish(whole);
  }

  #refused(token: Extract<AuthStep, { kind: "refused" }>["token"]): void {
    const user = this.#response?.user ?? "";
    const because = `the token ${token?.because ?? ""}`;
    switch (token?.kind) {
      case undefined:
        this.#host.loginFailed(this.#address, user, "wrong password or unknown user");
        this.#refuse("28P01", `Access denied for user '${user}'`);
        return;
      case "refused":
        this.#host.loginFailed(this.#address, user, because);
        this.#refuse("28P01", `Access denied: ${because}`, newTokenHint);
        return;
      case "unavailable":
        this.#host.loginUndecided(this.#address, user, because);
        this.#refuse("28000", `Access denied: ${because}`, "try again later, and tell whoever operates the proxy");
        return;
      default:
        token satisfies never;
    }
  }

  #more(data: Buffer): void {
    this.#socket.write(encodeAuthMoreData(data, this.#sequence));
    this.#sequence = (this.#sequence + 1) & 0xff;
  }

  #finish(identity: Identity): void {
    const response = this.#response;
    const charset = this.#charset;
    if (response === undefined || charset === undefined) return;
    this.#over = true;
    const socket = this.#socket;
    socket.pause();
    socket.removeAllListeners("data");
    const { capabilities, user, database, attributes } = response;
    this.#done({
      socket,
      identity,
      connectionId: this.#connectionId,
      capabilities,
      charset,
      user,
      database,
      attributes,
      tls: this.#tls,
      sequence: this.#sequence,
      early: this.#framer.unread,
    });
  }
}
