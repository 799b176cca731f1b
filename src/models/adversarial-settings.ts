/** What the training of a discriminator can be told. */
export const ADVERSARIAL_SETTINGS = {
  ganLoss: {
    default: "r3gan",
    choices: ["r3gan", "dcgan", "wgan-gp"],
    about: "what the two networks minimise",
  },
  gamma: {
    default: 1,
    least: 0,
    largest: 1e6,
    about: "weight of the gradient penalties of r3gan, a tenth of it at the end",
  },
  lambda: { default: 10, least: 0, largest: 1e6, about: "weight of the gradient penalty of wgan-gp" },
} as const;
