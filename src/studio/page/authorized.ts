/** What requests for runs have to say: the token of a local studio. Published pages have none. */
export const authorized = (token: string): Readonly<Record<string, string>> =>
  token === "" ? {} : { authorization: `Bearer ${token}` };
