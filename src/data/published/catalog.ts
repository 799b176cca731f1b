import type { FileSums } from "../../fetch/check-file.ts";
import { openAmat } from "../formats/amat.ts";
import { openCifar10Archive } from "../formats/cifar10.ts";
import type { Dataset } from "../dataset.ts";
import type { OpenOptions } from "../formats/format.ts";
import { openIdx } from "../formats/idx.ts";

// Sizes and SHA-256 of the files of MNIST, Fashion-MNIST, binarised MNIST and CIFAR-10 are those in
// tensorflow_datasets/url_checksums/{mnist,fashion_mnist,binarized_mnist,cifar10}.txt of github.com/tensorflow/datasets.
//
// What could be compared with something else has been: the first two files of binarised MNIST with the text written from
// another copy of these pictures, those of Fashion-MNIST with Debian's package, whose gzip headers lack name and time.

export interface PublishedFile extends FileSums {
  readonly name: string;
  readonly sha256: string;
}

export type PublishedOptions = Pick<OpenOptions, "gray" | "channels" | "levels" | "labels" | "onWarning">;

/** What stands behind a name such as `mnist:test`. */
export interface Split {
  readonly files: readonly PublishedFile[];
  /** Where a package of the system puts them, and as what. */
  readonly packaged?: { readonly folder: string; readonly files: readonly PublishedFile[] } | undefined;
  /** The pictures of the files, which are at `paths`. */
  open(paths: readonly string[], options: PublishedOptions, name: string): Promise<Dataset>;
}

export interface Published {
  /** The folder, with `/` at its end, that the files are published in. */
  readonly url: string;
  readonly train: Split;
  readonly valid?: Split;
  readonly test: Split;
}

const file = (name: string, bytes: number, sha256: string): PublishedFile => ({ name, bytes, sha256 });

/** Of pictures and labels in IDX files, in this order. */
const idx = (
  files: readonly [PublishedFile, PublishedFile],
  { classNames, packaged }: { readonly classNames?: readonly string[] } & Pick<Split, "packaged"> = {},
): Split => ({
  files,
  packaged,
  open: ([images], { levels = 256, ...options }, name) =>
    openIdx(images!, { ...options, levels, classNames }, name),
});

const MNIST: Published = {
  url: "https://storage.googleapis.com/cvdf-datasets/mnist/",
  train: idx([
    file(
      "train-images-idx3-ubyte.gz",
      9_912_422,
      "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    file(
      "train-labels-idx1-ubyte.gz",
      28_881,
      "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
  ]),
  test: idx([
    file(
      "t10k-images-idx3-ubyte.gz",
      1_648_877,
      "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    file(
      "t10k-labels-idx1-ubyte.gz",
      4_542,
      "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
  ]),
};

const FASHION_CLASSES = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];
/** Of Debian's package dataset-fashion-mnist. */
const DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist";

const FASHION_MNIST: Published = {
  // There is no https here; SHA-256 tells a file that was exchanged on its way.
  url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
  train: idx(
    [
      file(
        "train-images-idx3-ubyte.gz",
        26_421_880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      ),
      file(
        "train-labels-idx1-ubyte.gz",
        29_515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      ),
    ],
    {
      classNames: FASHION_CLASSES,
      packaged: {
        folder: DEBIAN_FOLDER,
        files: [
          file(
            "train-images-idx3-ubyte.gz",
            26_421_856,
            "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
          ),
          file(
            "train-labels-idx1-ubyte.gz",
            29_491,
            "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
          ),
        ],
      },
    },
  ),
  test: idx(
    [
      file(
        "t10k-images-idx3-ubyte.gz",
        4_422_102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      ),
      file(
        "t10k-labels-idx1-ubyte.gz",
        5_148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      ),
    ],
    {
      classNames: FASHION_CLASSES,
      packaged: {
        folder: DEBIAN_FOLDER,
        files: [
          file(
            "t10k-images-idx3-ubyte.gz",
            4_422_079,
            "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
          ),
          file(
            "t10k-labels-idx1-ubyte.gz",
            5_125,
            "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
          ),
        ],
      },
    },
  ),
};

const amat = (pictures: PublishedFile): Split => ({
  files: [pictures],
  open: ([path], { levels = 2 }, name) => openAmat(path!, { rows: 28, cols: 28 }, levels, name),
});

/** Salakhutdinov and Murray's, as Larochelle and Murray (2011) divided it: what the papers' nats are quoted on. */
const BINARIZED_MNIST: Published = {
  url: "https://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
  train: amat(
    file(
      "binarized_mnist_train.amat",
      78_400_000,
      "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d",
    ),
  ),
  valid: amat(
    file(
      "binarized_mnist_valid.amat",
      15_680_000,
      "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2",
    ),
  ),
  test: amat(
    file(
      "binarized_mnist_test.amat",
      15_680_000,
      "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c",
    ),
  ),
};

const cifar10 = (batches: readonly string[]): Split => ({
  files: [
    file(
      "cifar-10-binary.tar.gz",
      170_052_171,
      "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ),
  ],
  open: ([archive], options, name) =>
    openCifar10Archive(
      archive!,
      batches.map((batch) => `cifar-10-batches-bin/${batch}.bin`),
      options,
      name,
    ),
});

const CIFAR10: Published = {
  url: "https://www.cs.toronto.edu/~kriz/",
  train: cifar10([1, 2, 3, 4, 5].map((number) => `data_batch_${number}`)),
  test: cifar10(["test_batch"]),
};

/** Data sets that are known by their names. */
export const CATALOG: ReadonlyMap<string, Published> = new Map([
  ["mnist", MNIST],
  ["binarized-mnist", BINARIZED_MNIST],
  ["fashion-mnist", FASHION_MNIST],
  ["cifar10", CIFAR10],
]);
