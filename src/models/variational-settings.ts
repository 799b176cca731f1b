/** What the training of latent variable models can be told. */
export const VARIATIONAL_SETTINGS = {
  beta: {
    default: 1,
    least: 0,
    largest: 1000,
    about: "weight of the KL divergence in the loss (I. Higgins et al. 2017)",
  },
  klWarmup: {
    default: 0,
    least: 0,
    largest: 1,
    about: "share of the steps in which that weight rises from 0 (Sønderby et al. 2016)",
  },
  freeBits: {
    default: 0,
    least: 0,
    largest: 1000,
    about: "nats of each group of latents that cost nothing in the loss (Kingma et al. 2016)",
  },
} as const;
