/** Where every path of the HTTP API begins that needs a token. */
export const apiPath = "/api/v1";
