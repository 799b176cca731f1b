"""The variational autoencoders of src/models in plain PyTorch, on pictures of one channel and two levels.

Modules have the names of ours, by which pytorch_check_families.py finds their weights.
"""

import torch
import torch.nn.functional as F
from torch import nn


def conv3(inputs, outputs, stride=1):
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = conv3(width, width)
        self.second = conv3(width, width)

    def forward(self, x):
        return x + self.second(F.elu(self.first(F.elu(x))))


class Smaller(nn.Module):
    """Half the rows and columns, then residual blocks."""

    def __init__(self, inputs, width, depth):
        super().__init__()
        self.halving = conv3(inputs, width, stride=2)
        self.blocks = [f"block{i + 1}" for i in range(depth)]
        for name in self.blocks:
            self.add_module(name, ResidualBlock(width))

    def forward(self, x):
        x = self.halving(x)
        for name in self.blocks:
            x = getattr(self, name)(x)
        return x


class Larger(nn.Module):
    """Residual blocks, then twice the rows and columns, or one less."""

    def __init__(self, width, outputs, depth):
        super().__init__()
        self.blocks = [f"block{i + 1}" for i in range(depth)]
        for name in self.blocks:
            self.add_module(name, ResidualBlock(width))
        self.doubling = conv3(width, 4 * outputs)

    def forward(self, x, rows, columns):
        for name in self.blocks:
            x = getattr(self, name)(x)
        return doubled(self.doubling, x, rows, columns)


def doubled(convolution, x, rows, columns):
    return F.pixel_shuffle(convolution(F.elu(x)), 2)[..., :rows, :columns]


def gaussian(x):
    """Means and log sigmas."""
    mean, raw = x.chunk(2, 1)
    return mean, raw / (1 + raw.abs() / 5)


def sides_of(size, resolutions):
    """Of the picture and, halved and halved again, of the fields."""
    sides = [size]
    for _ in range(resolutions):
        sides.append((sides[-1] + 1) // 2)
    return sides


class VaeEncoder(nn.Module):
    def __init__(self, width, depth, resolutions):
        super().__init__()
        self.resolutions = resolutions
        for i in range(resolutions):
            inputs = width * 2 ** (i - 1) if i else 1
            self.add_module(f"resolution{i + 1}", Smaller(inputs, width * 2**i, depth))

    def forward(self, x):
        """The fields of all resolutions."""
        fields = []
        for i in range(self.resolutions):
            x = getattr(self, f"resolution{i + 1}")(F.elu(x) if i else x)
            fields.append(x)
        return fields


class VaeDecoder(nn.Module):
    def __init__(self, outputs, size, width, depth, resolutions, latents):
        super().__init__()
        self.sides, self.resolutions = sides_of(size, resolutions), resolutions
        self.shape = width * 2 ** (resolutions - 1), self.sides[-1], self.sides[-1]
        numbers = self.shape[0] * self.sides[-1] ** 2
        self.posterior = nn.Linear(numbers, 2 * latents)
        self.spread = nn.Linear(latents, numbers)
        for i in reversed(range(resolutions)):
            narrow = width * 2 ** (i - 1) if i else outputs
            self.add_module(f"resolution{i + 1}", Larger(width * 2**i, narrow, depth))

    def forward(self, z):
        h = self.spread(z).unflatten(1, self.shape)
        for i in reversed(range(self.resolutions)):
            h = getattr(self, f"resolution{i + 1}")(h, self.sides[i], self.sides[i])
        return h


class Vae(nn.Module):
    """Kingma, Welling, "Auto-encoding variational Bayes" (2014)."""

    def __init__(self, outputs, size, *, width, depth, resolutions, latents):
        super().__init__()
        self.latents = {"noise.latents": (latents,)}
        self.encoder = VaeEncoder(width, depth, resolutions)
        self.decoder = VaeDecoder(outputs, size, width, depth, resolutions, latents)

    def forward(self, x, noise):
        """Logits, and the KL divergence of each picture's posterior from the prior."""
        features = F.elu(self.encoder(x)[-1])
        mean, log_sigma = gaussian(self.decoder.posterior(features.flatten(1)))
        z = mean + log_sigma.exp() * noise["noise.latents"]
        kl = 0.5 * (mean**2 + torch.exp(2 * log_sigma) - 1) - log_sigma
        return self.decoder(z), kl.sum(1)

    def draw(self, noise):
        return self.decoder(noise["noise.latents"])


class LatentGroup(nn.Module):
    def __init__(self, maps, latents):
        super().__init__()
        self.parts = 2 * latents, maps
        self.prior = conv3(maps, 2 * latents + maps)
        self.both = conv3(2 * maps, maps)
        self.posterior = conv3(maps, 2 * latents)
        self.latents = nn.Conv2d(latents, maps, 1)
        self.block = ResidualBlock(maps)

    def forward(self, h, features, noise):
        """The new state, and the KL divergence; without features the latents are those of the prior."""
        prior, told = self.prior(F.elu(h)).split(self.parts, 1)
        prior_mean, prior_log_sigma = gaussian(prior)
        if features is None:
            mean, log_sigma, kl = prior_mean, prior_log_sigma, None
        else:
            both = self.both(F.elu(torch.cat([h, features], 1)))
            mean, log_sigma = gaussian(self.posterior(F.elu(both)))
            distance = torch.exp(2 * log_sigma) + (mean - prior_mean) ** 2
            kl = prior_log_sigma - log_sigma + 0.5 * (distance * torch.exp(-2 * prior_log_sigma) - 1)
            kl = kl.sum((1, 2, 3))
        z = mean + log_sigma.exp() * noise
        return self.block(h + told + self.latents(z)), kl


class LadderStage(nn.Module):
    def __init__(self, maps, latents, outputs, depth):
        super().__init__()
        self.groups = [f"group{i + 1}" for i in range(depth)]
        for name in self.groups:
            self.add_module(name, LatentGroup(maps, latents))
        self.doubling = conv3(maps, 4 * outputs)


class LadderDecoder(nn.Module):
    def __init__(self, outputs, size, width, depth, resolutions, latents):
        super().__init__()
        self.sides, self.resolutions = sides_of(size, resolutions), resolutions
        smallest = self.sides[-1]
        self.top = nn.Parameter(torch.zeros(1, width * 2 ** (resolutions - 1), smallest, smallest))
        for i in reversed(range(resolutions)):
            narrow = width * 2 ** (i - 1) if i else outputs
            self.add_module(f"resolution{i + 1}", LadderStage(width * 2**i, latents, narrow, depth))

    def forward(self, fields, noise):
        """Logits, and the KL divergences of all groups."""
        batch = len(next(iter(noise.values())))
        h, divergences = self.top.expand(batch, -1, -1, -1), []
        for i in reversed(range(self.resolutions)):
            stage = getattr(self, f"resolution{i + 1}")
            for number, name in enumerate(stage.groups):
                field = None if fields is None else fields[i]
                h, kl = getattr(stage, name)(h, field, noise[f"noise.{i + 1}.{number + 1}"])
                divergences.append(kl)
            h = doubled(stage.doubling, h, self.sides[i], self.sides[i])
        return h, divergences


class LadderVae(nn.Module):
    """Sønderby et al., "Ladder variational autoencoders" (2016), drawn as by Child (2021)."""

    def __init__(self, outputs, size, *, width, depth, resolutions, latents):
        super().__init__()
        sides = sides_of(size, resolutions)
        self.latents = {
            f"noise.{i + 1}.{group + 1}": (latents, sides[i + 1], sides[i + 1])
            for i in reversed(range(resolutions))
            for group in range(depth)
        }
        self.encoder = VaeEncoder(width, depth, resolutions)
        self.decoder = LadderDecoder(outputs, size, width, depth, resolutions, latents)

    def forward(self, x, noise):
        logits, divergences = self.decoder(self.encoder(x), noise)
        return logits, sum(divergences)

    def draw(self, noise):
        return self.decoder(None, noise)[0]
