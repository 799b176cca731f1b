"""The tokenizer of src/models/fsq.ts in plain PyTorch, with the distribution of pictures given their codes.

Modules have the names of ours, by which pytorch_check_step.py finds their weights.
"""

import torch
import torch.nn.functional as F
from torch import nn

from pytorch_vae import ResidualBlock, conv3

FIRST_LOG_SCALE = -3.0
LOG_SCALES = -7.0, 30.0


def rounded(x, levels):
    """The nearest of so many levels from -1 to 1; differentiated as x itself."""
    half = (levels - 1) / 2
    return x + ((x * half).round() / half - x).detach()


class Blocks(nn.Module):
    """Residual blocks at the size of the codes."""

    def __init__(self, maps, blocks):
        super().__init__()
        self.blocks = [f"block{i + 1}" for i in range(blocks)]
        for name in self.blocks:
            self.add_module(name, ResidualBlock(maps))

    def through_blocks(self, x):
        for name in self.blocks:
            x = getattr(self, name)(x)
        return x


class Encoder(Blocks):
    def __init__(self, colours, maps, blocks, code_channels, code_levels):
        super().__init__(maps[-1], blocks)
        self.halvings, self.levels = len(maps), code_levels
        for i, (inputs, outputs) in enumerate(zip([colours, *maps], maps)):
            self.add_module(f"half{i + 1}", conv3(4 * inputs, outputs))
        self.codes = nn.Conv2d(maps[-1], code_channels, 1)

    def forward(self, x):
        for i in range(self.halvings):
            x = getattr(self, f"half{i + 1}")(F.pixel_unshuffle(F.elu(x) if i else x, 2))
        x = self.codes(F.elu(self.through_blocks(x)))
        return rounded(x.tanh(), self.levels)


class Decoder(Blocks):
    def __init__(self, colours, maps, blocks, code_channels):
        super().__init__(maps[-1], blocks)
        self.halvings = len(maps)
        self.codes = conv3(code_channels, maps[-1])
        for i, (outputs, inputs) in enumerate(zip([colours, *maps], maps)):
            self.add_module(f"double{i + 1}", conv3(inputs, 4 * outputs))

    def forward(self, codes):
        x = self.through_blocks(self.codes(codes))
        for i in reversed(range(self.halvings)):
            x = F.pixel_shuffle(getattr(self, f"double{i + 1}")(F.elu(x)), 2)
        return x


class Fsq(nn.Module):
    """Mentzer, Minnen, Agustsson, Tschannen, "Finite scalar quantization: VQ-VAE made simple" (2024)."""

    def __init__(self, colours, *, width, blocks, downsampling, codeChannels, codeLevels):
        """Sizes have the names of ours."""
        super().__init__()
        maps = [width * 2**i for i in range(downsampling.bit_length() - 1)]
        self.encoder = Encoder(colours, maps, blocks, codeChannels, codeLevels)
        self.decoder = Decoder(colours, maps, blocks, codeChannels)
        self.logScale = nn.Parameter(torch.full((1, colours, 1, 1), FIRST_LOG_SCALE))

    def forward(self, x):
        """The reconstruction, and the logarithms of the scales around it."""
        return self.decoder(self.encoder(x)), self.logScale.clamp(*LOG_SCALES)


def logistic_nats(pixels, x, mean, log_scale, levels):
    """-log p of each sub-pixel, from levels and what they stand for: as src/likelihood/discretised-logistic.ts has it."""
    outward = (pixels == levels - 1).float() - (pixels == 0).float()
    is_inner = outward == 0
    inverse = torch.exp(-log_scale)
    half = inverse / (levels - 1)
    middle = (x - mean) * inverse
    distance = torch.where(is_inner, middle.abs(), middle * outward)
    inner_share = torch.sigmoid(distance + half) * -torch.expm1(-2 * half)
    share = torch.where(is_inner, inner_share, torch.ones(()))
    return -(F.logsigmoid(half - distance) + share.log())
