/** A field of a configuration, in one run or in two. */
export interface FieldRow {
  /** Its path, such as "training.lr". */
  readonly path: string;
  /** Its value in each; undefined where it is not there. */
  readonly values: readonly (string | undefined)[];
}

/** The fields of configurations, in the order of the first. */
export function fieldRows(configs: readonly unknown[]): FieldRow[] {
  const fields = configs.map((config) => new Map(fieldsOf(config, "")));
  const paths = new Set(fields.flatMap((one) => [...one.keys()]));
  return [...paths].map((path) => ({ path, values: fields.map((one) => one.get(path)) }));
}

/** Those fields in which configurations differ. */
export const differences = (configs: readonly unknown[]): FieldRow[] =>
  fieldRows(configs).filter(({ values }) => new Set(values).size > 1);

function fieldsOf(value: unknown, path: string): [string, string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return value === undefined ? [] : [[path, text ?? String(value)]];
  }
  return Object.entries(value).flatMap(([key, field]) =>
    fieldsOf(field, path === "" ? key : `${path}.${key}`),
  );
}
