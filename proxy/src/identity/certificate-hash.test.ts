import { expect, test } from "vitest";
import { certificateHash } from "./certificate-hash.ts";

// Made with `openssl req -x509`; the digests are those of `openssl dgst` over the DER.
const signedWithSha384 = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUcHVfqYpAl05lWJqo8KmoxdvpBFswCgYIKoZIzj0EAwMw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIyMjI3MTlaGA8yMTI2MTAyOTIyMjcx
OVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAPs
5kfulGjFAYOtBrMYgJ0cR2nFadLtCA0AUaTVaMOyoR7n0wEl4aBMh3wAnKnxB449
DxlPn6TguD5BxIi3Z+CjUzBRMB0GA1UdDgQWBBS6uovQ5yR4YJe9SKh39JKNr3Qw
oTAfBgNVHSMEGDAWgBS6uovQ5yR4YJe9SKh39JKNr3QwoTAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMDA0gAMEUCIFO1INiNcnv2x5xmImMpDlSWK3ZRYkPEm64o
m3+6p1SfAiEAuf9qCaskmV/PXKLcZBoDPfpmfk98v811vLlJYlimW2w=
-----END CERTIFICATE-----`;
const signedWithSha256 = `-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIUXQW0PDLvn+PKO6G+nwalXFgaLZYwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIyMjI3MjBaGA8yMTI2MTAyOTIyMjcy
MFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBm9
zbdkVIOYGEguGgHAhvnZzTxGw2pQgjcC+skjrsHbV3BTMwxWB7wjLBb3v50jgXsE
99u1uktWVaLdNHlgXI6jUzBRMB0GA1UdDgQWBBS8iIfCHNijAqU2gmra8tcwIzUQ
UTAfBgNVHSMEGDAWgBS8iIfCHNijAqU2gmra8tcwIzUQUTAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0cAMEQCIHhSwQJV1MQVdWRbhv/Qx04BwpQd5OAiFkH3
hUPXzsp0AiBvEZ0Gniyc3d0H9OzZJczqCS/+tfhK6WEuGjuFp67KIQ==
-----END CERTIFICATE-----`;
const signedWithEd25519 = `-----BEGIN CERTIFICATE-----
MIIBNDCB56ADAgECAhQ53U52+FghQ2cxYUKrMxS6MIpZCjAFBgMrZXAwDzENMAsG
A1UEAwwEdGVzdDAgFw0yNjExMjIyMjI3MTlaGA8yMTI2MTAyOTIyMjcxOVowDzEN
MAsGA1UEAwwEdGVzdDAqMAUGAytlcAMhAMWxChA66R0Cex5+93LZ6SLEhxCGDjRt
ksMqW9xhcRvEo1MwUTAdBgNVHQ4EFgQUG0wCkTqEiQPp+/ce0/TPTk9ELvAwHwYD
VR0jBBgwFoAUG0wCkTqEiQPp+/ce0/TPTk9ELvAwDwYDVR0TAQH/BAUwAwEB/zAF
BgMrZXADQQBLUH7yol8xe7NeszROpGgGMlRU3ezc5oCO948bWLpUNWPzdMlzgQAX
2TJkh4N0Al9ZtICOhvi9COI2BkcET3QB
-----END CERTIFICATE-----`;

test.each([
  [
    "SHA-384",
    signedWithSha384,
    "5b59f4dfeb174b712e911b1ea023da2cc7c86f20b01c237cae8af42fdea8e0b6ecb401848a1a8a5ca30cbd0056b7bd88",
  ],
  ["SHA-256", signedWithSha256, "a07e2879f40789a695427447411d369fa722c55a5b9d059e2bad0316a1e4f67d"],
])("a certificate signed with %s is hashed with it", (_name, certificate, expected) => {
  expect(certificateHash(certificate)?.toString("hex")).toBe(expected);
});

test("of a chain the first certificate counts", () => {
  expect(certificateHash(`${signedWithSha256}\n${signedWithSha384}`)).toEqual(certificateHash(signedWithSha256));
});

test("for Ed25519 no binding is defined, so none is offered", () => {
  expect(certificateHash(signedWithEd25519)).toBeUndefined();
});
