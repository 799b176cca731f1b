import type { FileMetaData, SchemaTree } from "hyparquet";
import * as v from "valibot";
import { unexpected } from "../../files/unexpected.ts";

const feature = v.object({ _type: v.string(), names: v.optional(v.array(v.string())) });

/**
 * What Hugging Face's `datasets` writes about the columns: JSON in the entry `huggingface` of a Parquet file's
 * metadata.
 */
const notes = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ info: v.object({ features: v.record(v.string(), v.fallback(feature, { _type: "other" })) }) }),
);

/**
 * The columns of pictures and of labels: as the metadata says, or else by their form (a picture is bytes and a path)
 * and by the name `label`. `classNames` are those of the labels 0, 1, ...
 *
 * @throws FORMAT if there is no column of pictures.
 */
export function columnsOf(
  file: string,
  { key_value_metadata }: Pick<FileMetaData, "key_value_metadata">,
  { children }: Pick<SchemaTree, "children">,
) {
  const noted = v.safeParse(notes, key_value_metadata?.find(({ key }) => key === "huggingface")?.value);
  const features = noted.success ? Object.entries(noted.output.info.features) : [];
  const ofType = (type: string) => features.find(([, { _type }]) => _type === type);
  const columns = new Set(children.map(({ element }) => element.name));
  const ofBytes = children.find((column) => column.children.some(({ element }) => element.name === "bytes"));
  const picture = ofType("Image")?.[0] ?? ofBytes?.element.name;
  if (picture === undefined || !columns.has(picture)) {
    throw unexpected(file, "a column of pictures", `the columns ${[...columns].join(", ")}`);
  }
  const [label, { names }] = ofType("ClassLabel") ?? ["label", { names: undefined }];
  return { picture, label: columns.has(label) ? label : undefined, classNames: names };
}
