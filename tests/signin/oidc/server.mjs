// An OpenID provider on this machine: node server.mjs PORT CALLBACK. Whoever signs in as "ada" is Ada; any password does.
const { SKEW_SECONDS = "0", ACCESS_SECONDS = "600" } = process.env;
const [, , port, callback] = process.argv;

// Its clock may be off by some minutes: set before anything reads it.
const Right = Date;
const now = () => Right.now() + Number(SKEW_SECONDS) * 1000;
globalThis.Date = class extends Right {
  constructor(...moment) {
    super(...(moment.length ? moment : [now()]));
  }
  static now() {
    return now();
  }
};

const { Provider } = await import("oidc-provider");

const people = {
  ada: { name: "Ada Nyström", email: "ada@fjordbank.example", email_verified: true, preferred_username: "ada.nystroem" },
  eve: { name: "Eve Unverified", email: "eve@fjordbank.example", email_verified: false, preferred_username: "eve" },
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "chameleon",
      client_secret: "kept between us",
      redirect_uris: [callback],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  claims: { openid: ["sub", "groups"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
  findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, groups: ["Operators"], ...people[sub] }) }),
  features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
  pkce: { required: () => true },
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: Number(ACCESS_SECONDS), IdToken: 3600, RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 600 },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
