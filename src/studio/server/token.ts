import { randomBytes, timingSafeEqual } from "node:crypto";
import { Hono, type MiddlewareHandler } from "hono";
import * as v from "valibot";
import type { Ticket, TokenAnswer } from "../runs-api.ts";
import { refused } from "./refusal.ts";
import { asked } from "./request.ts";

/** What nobody guesses, in 43 characters that addresses can hold. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** Whether a header `Authorization` has the token that is in the printed address. */
export const hasToken = (authorization: string | undefined, token: string): boolean =>
  isSame(authorization ?? "", `Bearer ${token}`);

/** Refuses requests without the token. */
export const withToken =
  (token: string): MiddlewareHandler =>
  async (context, next) =>
    hasToken(context.req.header("authorization"), token)
      ? next()
      : refused(context, 401, "the token is missing or wrong: open the address that the command has printed");

const ticketSchema = v.strictObject({ ticket: v.string() });

/** Gives the token for the ticket to whoever comes first. */
export function tokenForTicket(ticket: string, token: string): Hono {
  const app = new Hono();
  let isUsed = false;
  app.post("/", async (context) => {
    const given: Ticket = await asked(context, ticketSchema);
    if (isUsed || !isSame(given.ticket, ticket))
      return refused(context, 401, "the ticket is wrong, or was used");
    isUsed = true;
    return context.json({ token } satisfies TokenAnswer);
  });
  return app;
}

/** Whether two texts are the same, in a time that does not tell how far they are; how long they are is no secret. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
