import { expected } from "../basics/errors.ts";

/** The form of the name of an owner, and of what belongs to one. */
export const NAME = "[A-Za-z0-9_][A-Za-z0-9._-]*";

/** A model on the Hub. */
export interface HubModel {
  /** `owner/name` */
  readonly repository: string;
  /** Without the owner. */
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

const REVISION = `(?:${NAME}/)*${NAME}`;
const REPOSITORY = new RegExp(`^${NAME}/${NAME}$`);
const MODEL = new RegExp(`^hf:(${NAME}/(${NAME}))(?:@(${REVISION}))?$`);

export const DEFAULT_REVISION = "main";

/**
 * What `hf:owner/name` and `hf:owner/name@revision` mean. Undefined if a name does not begin with `hf:`.
 *
 * @throws ARGUMENT if it goes on in another way.
 */
export function hubModel(name: string): HubModel | undefined {
  if (!name.startsWith("hf:")) return undefined;
  const [, repository, own, revision = DEFAULT_REVISION] = MODEL.exec(name) ?? [];
  if (repository !== undefined && own !== undefined) return { repository, name: own, revision };
  throw expected("ARGUMENT", "hf:owner/name or hf:owner/name@revision", "a model on the Hub", name);
}

/** Checks the name of a repository and of a branch in it. @throws ARGUMENT */
export function checkRepository(repository: string, branch: string): void {
  if (!REPOSITORY.test(repository))
    throw expected("ARGUMENT", "owner/name", "a model on the Hub", repository);
  if (!new RegExp(`^${REVISION}$`).test(branch))
    throw expected("ARGUMENT", "the name of a branch", "the revision", branch, "revision");
}

/** Git's name of a commit. */
export const COMMIT = /^[0-9a-f]{40}$/;
