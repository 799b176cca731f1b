import { expect, test } from "vitest";
import { hubName, splitFiles } from "../../../src/data/hub/name.ts";

test.each([
  ["hf:ylecun/mnist", { owner: "ylecun", repository: "mnist", config: undefined, split: "train" }],
  ["hf:a/b:test", { owner: "a", repository: "b", config: undefined, split: "test" }],
  [
    "hf:a.b/c-d_e/plain_text:validation",
    { owner: "a.b", repository: "c-d_e", config: "plain_text", split: "validation" },
  ],
  ["digits", undefined],
  ["folder/hf:a", undefined],
])("%s is read as it is meant", (name, wanted) => {
  expect(hubName(name)).toEqual(wanted);
});

test.each([
  "hf:",
  "hf:mnist",
  "hf:../x",
  "hf:a/..",
  "hf:a/b/c/d",
  "hf:a/b:",
  "hf:a/b:x/y",
  "hf:a\\b/c",
  "hf:a/b c",
])("%j is an error that says how", (name) => {
  expect(() => hubName(name)).toThrow(
    /^expected hf:owner\/name, hf:owner\/name:split or hf:owner\/name\/config:split, received "/,
  );
});

const files = (name: string, paths: readonly string[]) => splitFiles(name, hubName(name)!, paths);

test.each([
  [
    "hf:a/b",
    [
      "data/train-00001-of-00002.parquet",
      "data/train-00000-of-00002.parquet",
      "data/test-00000-of-00001.parquet",
    ],
    [1, 0],
  ],
  [
    "hf:a/b:test",
    [
      "data/train-00000-of-00001-0123456789abcdef.parquet",
      "data/test-00000-of-00001-b5800de6a6969419.parquet",
    ],
    [1],
  ],
  [
    "hf:a/b",
    ["default/train/0000.parquet", "default/train/0001.parquet", "default/test/0000.parquet"],
    [0, 1],
  ],
  ["hf:a/b", ["default/partial-train/0000.parquet"], [0]],
  ["hf:a/b", ["train.parquet", "test.parquet"], [0]],
  ["hf:a/b/c", ["c/train-00000-of-00001.parquet", "d/train-00000-of-00001.parquet"], [0]],
])("%s finds its files among %j", (name, paths, wanted) => {
  expect(files(name, paths)).toEqual(wanted.map((index) => paths[index]));
});

test.each([
  ["hf:a/b", [], 'expected Parquet files in "hf:a/b", received none'],
  [
    "hf:a/b:valid",
    ["x/train.parquet", "x/test.parquet"],
    'expected Parquet files of split "valid" in "hf:a/b:valid", received those of test, train',
  ],
  [
    "hf:a/b/c",
    ["x/train.parquet", "y/train.parquet"],
    'expected Parquet files of config "c" in "hf:a/b/c", received those of x, y',
  ],
  ["hf:a/b", ["x/train.parquet", "y/train.parquet"], "received none of x, y"],
])("%s among %j is an error that says what there is", (name, paths, message) => {
  expect(() => files(name, paths)).toThrow(message);
});
