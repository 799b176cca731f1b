"""A training step of each family in plain PyTorch: `trainer_of` tells which one trains a network."""

import torch
from torch import nn

from pytorch_fsq import Fsq, logistic_nats
from pytorch_gan import Gan, discriminator_terms, generator_loss
from pytorch_models import nats, scaled
from pytorch_vae import LadderVae, Vae


class Follower:
    """Follows the gradient of a loss: clipping, Adam, and a moving average of the weights."""

    def __init__(self, network, betas=(0.9, 0.999)):
        self.parameters = list(network.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-3, betas=betas, foreach=True)
        self.averages = [p.detach().clone() for p in self.parameters]

    def step(self, loss):
        """Returns the norm of the gradient."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(self.averages, 0.999)
            torch._foreach_add_(self.averages, self.parameters, alpha=0.001)
        return norm


def drawn_noise(shapes, batch):
    return {name: torch.randn(batch, *shape) for name, shape in shapes.items()}


# `step` takes pixels [B, C, H, W] and returns the figures of ours by their names, and the norm of each part's gradient.


class AutoregressiveTrainer:
    def __init__(self, network, levels):
        self.network, self.levels = network, levels
        self.follower = Follower(network)

    def step(self, pixels):
        loss = nats(self.network(scaled(pixels, self.levels)), pixels)
        norm = self.follower.step(loss)
        return {"nats": loss.detach()}, {"network": norm}


class VaeTrainer:
    """By the evidence lower bound, divided by the number of sub-pixels."""

    def __init__(self, network, levels):
        self.network, self.levels, self.latents = network, levels, network.latents
        self.follower = Follower(network)

    def step(self, pixels, noise=None):
        noise = noise or drawn_noise(self.latents, len(pixels))
        logits, kl = self.network(scaled(pixels, self.levels), noise)
        bound = nats(logits, pixels) + kl.mean()
        norm = self.follower.step(bound / pixels[0].numel())
        return {"negativeElbo": bound.detach()}, {"network": norm}


class GanTrainer:
    """The discriminator's step and then the generator's, with the loss of R3GAN and a constant weight of penalties."""

    GAMMA = 1.0
    BETAS = 0.0, 0.9

    def __init__(self, network, levels):
        self.levels = levels
        self.discriminator, self.generator = network.discriminator, network.generator
        (shape,) = network.latents.values()
        self.latents = {"discriminator.latents": shape, "generator.latents": shape}
        self.followers = [Follower(part, self.BETAS) for part in (self.discriminator, self.generator)]

    def step(self, pixels, noise=None):
        noise = noise or drawn_noise(self.latents, len(pixels))
        real = scaled(pixels, self.levels)
        with torch.no_grad():
            fake = self.generator(noise["discriminator.latents"])
        game, *penalties = discriminator_terms(self.discriminator, real, fake)
        discriminator_norm = self.followers[0].step(game + self.GAMMA * sum(penalties))

        self.discriminator.requires_grad_(False)
        fooling = generator_loss(self.discriminator, real, self.generator(noise["generator.latents"]))
        generator_norm = self.followers[1].step(fooling)
        self.discriminator.requires_grad_(True)

        names = "discriminatorLoss", "penaltyReal", "penaltyGenerated", "generatorLoss"
        figures = dict(zip(names, (term.detach() for term in (game, *penalties, fooling))))
        return figures, {"discriminator": discriminator_norm, "generator": generator_norm}


class TokenizerTrainer:
    """By the reconstruction; the scale around it is learnt beside it, with so small a weight."""

    SCALE_WEIGHT = 1e-3

    def __init__(self, network, levels):
        self.network, self.levels, self.latents = network, levels, {}
        self.follower = Follower(network)

    def step(self, pixels, _noise=None):
        real = scaled(pixels, self.levels)
        made, log_scale = self.network(real)
        error = real - made
        reconstruction = (error.abs() + error**2).mean()
        nats_of_scale = logistic_nats(pixels, real, made.detach(), log_scale, self.levels).mean()
        norm = self.follower.step(reconstruction + self.SCALE_WEIGHT * nats_of_scale)
        return {"reconstruction": reconstruction.detach()}, {"tokenizer": norm}


def trainer_of(network, levels):
    if isinstance(network, Fsq):
        return TokenizerTrainer(network, levels)
    if isinstance(network, Gan):
        return GanTrainer(network, levels)
    if isinstance(network, (Vae, LadderVae)):
        return VaeTrainer(network, levels)
    return AutoregressiveTrainer(network, levels)
