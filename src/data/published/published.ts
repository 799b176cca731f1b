import { join } from "node:path";
import { NextpixelError } from "../../basics/errors.ts";
import { advising, cachedFiles, type CachedFile } from "../../fetch/download.ts";
import { fetchSettings } from "../../fetch/settings.ts";
import type { Dataset } from "../dataset.ts";
import { openAmat } from "../formats/amat.ts";
import { openCifar10Archive } from "../formats/cifar10.ts";
import type { Format, OpenOptions } from "../formats/format.ts";
import { openIdx } from "../formats/idx.ts";

// Sizes and SHA-256 are those in tensorflow_datasets/url_checksums/{mnist,fashion_mnist,binarized_mnist,cifar10}.txt of
// github.com/tensorflow/datasets.
//
// What could be compared with something else has been: the first two files of binarised MNIST with the text written
// from another copy of these pictures, those of Fashion-MNIST with Debian's package, whose gzip headers lack name and
// time.

/** Data set, path, bytes and SHA-256 of every file. */
const FILES = `
mnist train-images-idx3-ubyte.gz 9912422 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609
mnist train-labels-idx1-ubyte.gz 28881 3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c
mnist:test t10k-images-idx3-ubyte.gz 1648877 8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6
mnist:test t10k-labels-idx1-ubyte.gz 4542 f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6
binarized-mnist binarized_mnist_train.amat 78400000 ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d
binarized-mnist:valid binarized_mnist_valid.amat 15680000 1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2
binarized-mnist:test binarized_mnist_test.amat 15680000 e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c
fashion-mnist train-images-idx3-ubyte.gz 26421880 3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84
fashion-mnist train-labels-idx1-ubyte.gz 29515 a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845
fashion-mnist:test t10k-images-idx3-ubyte.gz 4422102 346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073
fashion-mnist:test t10k-labels-idx1-ubyte.gz 5148 67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5
cifar10 cifar-10-binary.tar.gz 170052171 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd
cifar10:test cifar-10-binary.tar.gz 170052171 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd
`;

/** What stands behind a name such as `mnist:test`. */
export interface Published {
  readonly name: string;
  /** The folder, with `/` at its end, that the files are published in. */
  readonly url: string;
  readonly files: readonly Omit<CachedFile, "url">[];
  /** The pictures of the files, which are at `paths`. */
  open(paths: readonly string[], options: OpenOptions, name: string): Promise<Dataset>;
}

const FASHION_CLASSES = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot";

/** What a data set and its splits, which are named after it, have in common. */
const SETS: Readonly<Record<string, Pick<Published, "url" | "open">>> = {
  mnist: {
    url: "https://storage.googleapis.com/cvdf-datasets/mnist/",
    open: ([images], { levels = 256, ...options }, name) => openIdx(images!, { ...options, levels }, name),
  },
  /** Salakhutdinov and Murray's, as Larochelle and Murray (2011) divided it: what the papers' nats are quoted on. */
  "binarized-mnist": {
    url: "https://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
    open: ([text], { levels = 2 }, name) => openAmat(text!, { rows: 28, cols: 28 }, levels, name),
  },
  "fashion-mnist": {
    // There is no https here; SHA-256 tells a file that was exchanged on its way.
    url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    open: ([images], { levels = 256, ...options }, name) =>
      openIdx(images!, { ...options, levels, classNames: FASHION_CLASSES.split(",") }, name),
  },
  cifar10: {
    url: "https://www.cs.toronto.edu/~kriz/",
    open([archive], options, name) {
      const batches = name === "cifar10" ? [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`) : ["test_batch"];
      const members = batches.map((batch) => `cifar-10-batches-bin/${batch}.bin`);
      return openCifar10Archive(archive!, members, options, name);
    },
  },
};

/** `mnist` of `mnist:test`. */
export const setOf = (name: string): string => name.split(":", 1)[0]!;

/** Data sets that are known by their names. */
export const CATALOG = new Map<string, Published>();

for (const line of FILES.trim().split("\n")) {
  const [name = "", path = "", bytes, sha256] = line.split(" ");
  const files = [...(CATALOG.get(name)?.files ?? []), { path, bytes: Number(bytes), sha256 }];
  CATALOG.set(name, { ...SETS[setOf(name)]!, name, files });
}

/**
 * What the catalog has under a name. Undefined if it has nothing of that kind.
 *
 * @throws NOT_FOUND if it has other splits of this data set only.
 */
export function publishedDataset(name: string): Published | undefined {
  const found = CATALOG.get(name);
  const others = [...CATALOG.keys()].filter((one) => setOf(one) === setOf(name));
  if (found !== undefined || others.length === 0 || name.split(":").length > 2) return found;
  throw new NextpixelError("NOT_FOUND", `no data set "${name}": expected ${others.join(" or ")}`);
}

/**
 * The pictures of a published data set from the cache, to which missing files are downloaded. All files are checked by
 * their SHA-256.
 *
 * @throws the errors of `cachedFiles` and of the files' format.
 */
export async function openPublished(one: Published, options: OpenOptions): Promise<Dataset> {
  const settings = fetchSettings(options.download);
  const set = setOf(one.name);
  const folder = join(settings.cache, set);
  // A mirror is a copy of the cache.
  const base = settings.mirror === undefined ? one.url : `${settings.mirror}/${set}/`;
  const remote = one.files.map((file) => ({ ...file, url: base + file.path }));
  const names = one.files.map(({ path }) => path).join(", ");
  const advice = `where there is no network, put ${names} into ${folder} by hand`;
  const paths = await cachedFiles(folder, remote, settings).catch(advising(advice, "DOWNLOAD"));
  return one.open(paths, options, one.name);
}

/** The data sets of the catalog. */
export const published: Format = {
  help: `${[...new Set([...CATALOG.keys()].map(setOf))].join(", ")} (downloaded once; with :test their test pictures)`,
  canResize: false,
  recognises: (name) => publishedDataset(name) !== undefined,
  open: (name, options) => openPublished(publishedDataset(name)!, options),
};
