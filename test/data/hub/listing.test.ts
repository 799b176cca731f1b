import { expect, test } from "vitest";
import { hubName } from "../../../src/data/hub/listing.ts";

test.each([
  ["hf:ylecun/mnist", { repository: "ylecun/mnist", config: undefined, split: "train" }],
  ["hf:a/b:test", { repository: "a/b", config: undefined, split: "test" }],
  [
    "hf:a.b/c-d_e/plain_text:validation",
    { repository: "a.b/c-d_e", config: "plain_text", split: "validation" },
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
    /^expected hf:owner\/name, hf:owner\/name:split or hf:owner\/name\/config:split for a data set on the Hub, received "/,
  );
});
