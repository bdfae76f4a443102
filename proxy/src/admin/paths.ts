/** Where every path of the HTTP API begins that needs a token. */
export const apiPath = "/api/v1";
/** The one that takes a body that is no JSON, and large. */
export const bundlePath = `${apiPath}/policies/bundle`;
