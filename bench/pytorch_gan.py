"""The networks of src/models/gan.ts in plain PyTorch, on pictures of one channel.

Modules have the names of ours, by which pytorch_check_families.py finds their weights.
"""

import torch
import torch.nn.functional as F
from torch import nn

SMALLEST_SIDE = 4


def fields_of(side, maps):
    """Sides and maps of the fields, from the picture's own size on."""
    fields = [(side, maps)]
    while side % 2 == 0 and side >= 2 * SMALLEST_SIDE:
        side, maps = side // 2, 2 * maps
        fields.append((side, maps))
    return fields


def linear(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 1, bias=False)


class ResidualBlock(nn.Module):
    def __init__(self, maps):
        super().__init__()
        self.first = nn.Conv2d(maps, maps, 1)
        self.spatial = nn.Conv2d(maps, maps, 3, padding=1)
        self.last = linear(maps, maps)

    def forward(self, x):
        inner = F.leaky_relu(self.first(x), 0.2)
        return x + self.last(F.leaky_relu(self.spatial(inner), 0.2))


class Field(nn.Module):
    """What is done at one size; before it the maps become more or less, by the layer of that name."""

    def __init__(self, maps, blocks, change=None, before=0):
        super().__init__()
        if change:
            self.add_module(change, linear(before, maps))
        self.blocks = [f"block{i}" for i in range(blocks)]
        for name in self.blocks:
            self.add_module(name, ResidualBlock(maps))

    def forward(self, x):
        for name in self.blocks:
            x = getattr(self, name)(x)
        return x


class Generator(nn.Module):
    def __init__(self, size, *, latents, width, blocks):
        super().__init__()
        fields = fields_of(size, width)[::-1]
        side, maps = fields[0]
        self.shape = maps, side, side
        self.latents = nn.Linear(latents, maps * side**2, bias=False)
        self.fields = [f"{side}x{side}" for side, _ in fields]
        self.add_module(self.fields[0], Field(maps, blocks))
        for i, name in list(enumerate(self.fields))[1:]:
            self.add_module(name, Field(fields[i][1], blocks, "narrow", fields[i - 1][1]))
        self.picture = linear(width, 1)

    def forward(self, z):
        v = self.latents(z).unflatten(1, self.shape)
        for i, name in enumerate(self.fields):
            field = getattr(self, name)
            if i > 0:
                v = F.interpolate(field.narrow(v), scale_factor=2)
            v = field(v)
        return self.picture(v)


class Discriminator(nn.Module):
    def __init__(self, size, *, width, blocks):
        super().__init__()
        fields = fields_of(size, width)
        self.picture = linear(1, width)
        self.fields = [f"{side}x{side}" for side, _ in fields]
        self.add_module(self.fields[0], Field(width, blocks))
        for i, name in list(enumerate(self.fields))[1:]:
            self.add_module(name, Field(fields[i][1], blocks, "widen", fields[i - 1][1]))
        side, maps = fields[-1]
        bound = 3**0.5 / side
        self.field = nn.Parameter(torch.empty(1, maps, side, side).uniform_(-bound, bound))
        self.score = nn.Linear(maps, 1, bias=False)

    def forward(self, x):
        v = self.picture(x)
        for i, name in enumerate(self.fields):
            field = getattr(self, name)
            if i > 0:
                v = field.widen(F.avg_pool2d(v, 2))
            v = field(v)
        return self.score((v * self.field).sum((2, 3)))


class Gan(nn.Module):
    """Huang, Gokaslan, Kuleshov, Tompkin, "The GAN is dead; long live the GAN!" (2024)."""

    def __init__(self, size, *, latents, width, blocks):
        super().__init__()
        self.latents = {"latents": (latents,)}
        self.discriminator = Discriminator(size, width=width, blocks=blocks)
        self.generator = Generator(size, latents=latents, width=width, blocks=blocks)

    def draw(self, noise):
        return self.generator(noise["latents"])


def half_square(scores, pictures):
    """Half the square of the length of each score's gradient for its picture."""
    (gradient,) = torch.autograd.grad(scores.sum(), pictures, create_graph=True)
    return gradient.square().sum((1, 2, 3)) / 2


def discriminator_terms(discriminator, real, fake):
    """The relativistic loss, and the penalties R1 and R2."""
    real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
    of_real, of_fake = discriminator(real), discriminator(fake)
    penalties = half_square(of_real, real), half_square(of_fake, fake)
    return F.softplus(of_fake - of_real).mean(), *(penalty.mean() for penalty in penalties)


def generator_loss(discriminator, real, fake):
    """Of a discriminator whose weights need no gradient."""
    with torch.no_grad():
        of_real = discriminator(real)
    return F.softplus(of_real - discriminator(fake)).mean()
