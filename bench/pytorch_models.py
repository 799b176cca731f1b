"""The networks in plain PyTorch, on pictures of one channel: those of src/models and, for its speed, bench/gated-stack.ts.

Structure, sizes and, within a module, the order of the layers are the same as there (pytorch_check.py holds one against the
other), and kernels are cut down to the rows that are not masked altogether, so that both sides have the same weights.
Every network takes pixels [B, 1, H, W] in -1 .. 1 to logits [B, outputs, H, W].
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import weight_norm


class CausalConv2d(nn.Conv2d):
    """
    n x n, of which the rows down to the current one are kept, or that one alone (`row`), over the pixels above and to the
    left; "B" also sees its own pixel.
    """

    def __init__(self, inputs, outputs, n, kind, row=False):
        side = n // 2
        above, right = (0, 0) if row else (side, side)
        super().__init__(inputs, outputs, (above + 1, side + 1 + right))
        self.margin = (side, right, above, 0)
        mask = torch.ones(self.kernel_size)
        mask[above, side + (kind == "B") :] = 0
        self.register_buffer("mask", mask)

    def forward(self, x):
        return self._conv_forward(F.pad(x, self.margin), self.weight * self.mask, self.bias)


def two_layer_head(inputs, width, outputs):
    return nn.Sequential(
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, width, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, outputs, 1),
    )


class ResidualBlock(nn.Module):
    def __init__(self, width, kernel):
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(2 * width, width, 1),
            nn.ReLU(inplace=True),
            CausalConv2d(width, width, kernel, "B"),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 2 * width, 1),
        )

    def forward(self, x):
        return x + self.layers(x)


def pixelcnn(outputs, *, width, depth, kernel, head):
    """van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel recurrent neural networks" (2016), with convolutions."""
    return pixelrnn(outputs, width, head, [ResidualBlock(width, kernel) for _ in range(depth)])


def pixelrnn(outputs, width, maps, layers):
    """What the networks of that paper have in common."""
    return nn.Sequential(CausalConv2d(1, 2 * width, 7, "A"), *layers, two_layer_head(2 * width, maps, outputs))


def lstm_cell(sums, c):
    """From the gates' sums [B, 4 C, S] and the cell state [B, C, S] before to the hidden and the cell state."""
    o, f, i, g = sums.chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


class RowLstmLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.input = nn.Conv2d(2 * width, 4 * width, (1, 2))
        self.state = nn.Conv1d(width, 4 * width, 3, padding=1, bias=False)
        # Of the hidden and of the cell state above the first row.
        self.initial = nn.ParameterList(nn.Parameter(torch.zeros(1, width, 1)) for _ in range(2))
        self.out = nn.Conv2d(width, 2 * width, 1)

    def forward(self, x):
        sums = self.input(F.pad(x, (1, 0)))
        h, c = (state.expand(len(x), -1, x.shape[3]) for state in self.initial)
        rows = []
        for row in sums.unbind(2):
            h, c = lstm_cell(row + self.state(h), c)
            rows.append(h)
        return x + self.out(torch.stack(rows, 2))


def row_lstm(outputs, *, width, depth, head):
    """The same paper, with Row LSTMs: a row of states is computed from the one above."""
    return pixelrnn(outputs, width, head, [RowLstmLayer(width) for _ in range(depth)])


def skew(x):
    """[B, C, H, W] -> [B, C, H, H + W - 1], each row a pixel further to the right than the one above."""
    batch, channels, rows, cols = x.shape
    return F.pad(x, (0, rows)).flatten(2)[..., :-rows].view(batch, channels, rows, rows + cols - 1)


def unskew(x):
    """The inverse of `skew`."""
    batch, channels, rows, skewed = x.shape
    cols = skewed - rows + 1
    return F.pad(x.flatten(2), (0, rows)).view(batch, channels, rows, skewed + 1)[..., :cols]


class DiagonalLstm(nn.Module):
    """An LSTM along the diagonals, which are the columns of the skewed map; it runs from the left."""

    def __init__(self, width):
        super().__init__()
        self.input = nn.Conv2d(2 * width, 4 * width, 1)
        self.state = nn.Conv1d(width, 4 * width, 2, bias=False)

    def forward(self, x):
        sums = skew(self.input(x))
        h = c = sums.new_zeros(len(x), sums.shape[1] // 4, x.shape[2])
        columns = []
        for column in sums.unbind(3):
            # The state above and the one to the left.
            h, c = lstm_cell(column + self.state(F.pad(h, (1, 0))), c)
            columns.append(h)
        return unskew(torch.stack(columns, 3))


class DiagonalBilstmLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.left = DiagonalLstm(width)
        self.right = DiagonalLstm(width)
        self.out = nn.Conv2d(width, 2 * width, 1)

    def forward(self, x):
        right = self.right(x.flip(3)).flip(3)
        # A row further down all that it has seen is known.
        return x + self.out(self.left(x) + F.pad(right, (0, 0, 1, 0))[:, :, :-1])


def diagonal_bilstm(outputs, *, width, depth, head):
    """The same paper, with Diagonal BiLSTMs."""
    return pixelrnn(outputs, width, head, [DiagonalBilstmLayer(width) for _ in range(depth)])


def gate(x):
    a, b = x.chunk(2, dim=1)
    return torch.tanh(a) * torch.sigmoid(b)


class GatedLayer(nn.Module):
    """One layer of both stacks of Gated PixelCNN; in the first one rows are shifted, and there is no residual."""

    def __init__(self, inputs, width, n, first=False):
        super().__init__()
        side, rows = n // 2, n // 2 + (not first)
        self.first, self.above, self.before = first, (side, side, rows - 1, 0), (side, 0, 0, 0)
        self.vertical = nn.Conv2d(inputs, 2 * width, (rows, n))
        self.horizontal = (
            CausalConv2d(inputs, 2 * width, n, "A", row=True)
            if first
            else nn.Conv2d(inputs, 2 * width, (1, side + 1))
        )
        self.link = nn.Conv2d(2 * width, 2 * width, 1)
        self.out = nn.Conv2d(width, width, 1)

    def forward(self, v, h):
        """Returns the vertical features before their gate, and the new horizontal ones."""
        above = self.vertical(F.pad(v, self.above))
        beside = self.horizontal(h if self.first else F.pad(h, self.before))
        out = self.out(gate(beside + self.link(above)))
        return above, out if self.first else h + out


def through(layers, v, h):
    """The horizontal features behind layers of both stacks."""
    for layer in layers[:-1]:
        above, h = layer(v, h)
        v = gate(above)
    # Nothing reads the last vertical ones.
    return layers[-1](v, h)[1]


def one_layer_head(inputs, width, outputs):
    return nn.Sequential(
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, width, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, outputs, 1),
    )


class GatedPixelCNN(nn.Module):
    """van den Oord et al., "Conditional image generation with PixelCNN decoders" (2016)."""

    def __init__(self, outputs, *, width, depth, kernel, head):
        super().__init__()
        self.layers = nn.ModuleList(
            [GatedLayer(1, width, 7, first=True), *(GatedLayer(width, width, kernel) for _ in range(depth))]
        )
        self.head = one_layer_head(width, head, outputs)

    def forward(self, x):
        # Row r of v sees rows before r only, in every layer: the link needs no shift.
        v = F.pad(x, (0, 0, 1, 0))[:, :, :-1]
        return self.head(through(self.layers, v, x))


def normalised(inputs, outputs, kernel):
    return weight_norm(nn.Conv2d(inputs, outputs, kernel))


# Kernels, and the margin (left, right, above, below) that they need.
OWN = 1, (0, 0, 0, 0)
ABOVE_AND_LEFT = 2, (1, 0, 1, 0)
ABOVE = (2, 3), (1, 1, 1, 0)


def concatenated_elu(x):
    return F.elu(torch.cat([x, -x], 1))


class GatedResidual(nn.Module):
    """Over the pixel itself, or what else `around` says; the activation has `times` the maps."""

    def __init__(self, width, around=OWN, auxiliary=0, activation=F.elu, times=1):
        super().__init__()
        size, self.margin = around
        self.activation = activation
        self.first = normalised(times * width, width, size)
        self.auxiliary = normalised(times * auxiliary, width, 1) if auxiliary else None
        self.value_and_gate = normalised(times * width, 2 * width, size)

    def forward(self, x, auxiliary=None):
        c = self.first(F.pad(self.activation(x), self.margin))
        if auxiliary is not None:
            c = c + self.auxiliary(self.activation(auxiliary))
        return x + F.glu(self.value_and_gate(F.pad(self.activation(c), self.margin)), 1)


class CausalAttention(nn.Module):
    def __init__(self, width, key, value):
        super().__init__()
        self.key, self.value = key, value
        self.memory = nn.Sequential(GatedResidual(width + 3), normalised(width + 3, key + value, 1))
        self.queries = nn.Sequential(GatedResidual(width + 2), normalised(width + 2, key, 1))

    def forward(self, x, features, background):
        shape = features.shape[2:]
        length = shape.numel()
        keys, values = (
            self.memory(torch.cat([x, features, background], 1)).flatten(2).split([self.key, self.value], 1)
        )
        queries = self.queries(torch.cat([features, background], 1)).flatten(2)
        scores = queries.transpose(1, 2) @ keys / self.key**0.5
        not_before = torch.ones(length, length, dtype=torch.bool).triu()
        weights = scores.masked_fill(not_before, -1e9).softmax(2)
        # The first pixel has nothing to attend to.
        attended = (values @ weights.transpose(1, 2)) * (torch.arange(length) > 0)
        return attended.unflatten(2, shape)


class PixelSnailBlock(nn.Module):
    def __init__(self, width, layers, key, value):
        super().__init__()
        self.layers = nn.Sequential(*(GatedResidual(width, ABOVE_AND_LEFT) for _ in range(layers)))
        self.attention = CausalAttention(width, key, value)
        self.merge = GatedResidual(width, auxiliary=value)

    def forward(self, x, features, background):
        features = self.layers(features)
        return self.merge(features, self.attention(x, features, background))


class PixelSNAIL(nn.Module):
    """Chen, Mishra, Rohaninejad, Abbeel, "PixelSNAIL: an improved autoregressive generative model" (2017)."""

    def __init__(self, outputs, *, width, blocks, layers, key, value):
        super().__init__()
        self.above = normalised(1, width, (1, 3))
        self.left = normalised(1, width, (2, 1))
        self.blocks = nn.ModuleList(PixelSnailBlock(width, layers, key, value) for _ in range(blocks))
        self.logits = normalised(width, outputs, 1)

    def forward(self, x):
        batch, _, rows, cols = x.shape
        places = torch.meshgrid(torch.arange(rows) / rows - 0.5, torch.arange(cols) / cols - 0.5, indexing="ij")
        background = torch.stack(places).expand(batch, -1, -1, -1)
        features = self.above(F.pad(x, (1, 1, 1, 0))[:, :, :-1]) + self.left(F.pad(x, (1, 0, 1, 0))[..., :-1])
        for block in self.blocks:
            features = block(x, features, background)
        return self.logits(F.elu(features))


class StreamsLayer(nn.Module):
    """A gated residual layer of both streams, in the down pass with a short-cut."""

    def __init__(self, width, short_cut):
        super().__init__()
        more = dict(activation=concatenated_elu, times=2)
        self.u = GatedResidual(width, ABOVE, auxiliary=short_cut * width, **more)
        self.ul = GatedResidual(width, ABOVE_AND_LEFT, auxiliary=(1 + short_cut) * width, **more)

    def forward(self, u, ul, short_cut=None):
        if short_cut is None:
            u = self.u(u)
            return u, self.ul(ul, u)
        u = self.u(u, short_cut[0])
        return u, self.ul(ul, torch.cat([short_cut[1], u], 1))


class Halved(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.u = weight_norm(nn.Conv2d(width, width, ABOVE[0], stride=2))
        self.ul = weight_norm(nn.Conv2d(width, width, ABOVE_AND_LEFT[0], stride=2))

    def forward(self, u, ul):
        return self.u(F.pad(u, ABOVE[1])), self.ul(F.pad(ul, ABOVE_AND_LEFT[1]))


class Doubled(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.u = weight_norm(nn.ConvTranspose2d(width, width, (2, 3), stride=2), dim=1)
        self.ul = weight_norm(nn.ConvTranspose2d(width, width, 2, stride=2), dim=1)

    def forward(self, u, ul):
        return self.u(u)[..., 1:], self.ul(ul)


class PixelCNNPlusPlus(nn.Module):
    """Salimans, Karpathy, Chen, Kingma, "PixelCNN++" (2017)."""

    def __init__(self, outputs, *, width, layers, resolutions):
        super().__init__()
        self.first_u = normalised(2, width, (2, 3))
        self.above = normalised(2, width, (1, 3))
        self.left = normalised(2, width, (2, 1))
        up, down = [], []
        for i in range(resolutions):
            up += [Halved(width)] * (i > 0) + [StreamsLayer(width, False) for _ in range(layers)]
        for i in reversed(range(resolutions)):
            is_last = i == resolutions - 1
            down += [Doubled(width)] * (not is_last)
            down += [StreamsLayer(width, True) for _ in range(layers if is_last else layers + 1)]
        self.up, self.down = nn.ModuleList(up), nn.ModuleList(down)
        self.logits = normalised(width, outputs, 1)

    def forward(self, x):
        x = torch.cat([x, torch.ones_like(x)], 1)
        x_below = F.pad(x, (0, 0, 1, 0))[:, :, :-1]
        u = self.first_u(F.pad(x_below, ABOVE[1]))
        ul = self.above(F.pad(x_below, (1, 1, 0, 0))) + self.left(F.pad(x, (1, 0, 1, 0))[..., :-1])
        seen = [(u, ul)]
        for layer in self.up:
            seen.append(layer(*seen[-1]))
        u, ul = seen.pop()
        for layer in self.down:
            u, ul = layer(u, ul) if isinstance(layer, Doubled) else layer(u, ul, seen.pop())
        return self.logits(F.elu(ul))


class GatedStack(nn.Module):
    """The two stacks of Gated PixelCNN alone, as in gated-stack.ts."""

    def __init__(self, outputs, *, width, depth, head):
        super().__init__()
        self.vertical = nn.Conv2d(1, width, (3, 7))
        self.horizontal = nn.Conv2d(1, width, (1, 3))
        self.blocks = nn.ModuleList(GatedLayer(width, width, 3) for _ in range(depth))
        self.head = one_layer_head(width, head, outputs)

    def forward(self, x):
        # Row r of v sees rows r-3 .. r-1, and so never its own row in any block: the link needs no shift.
        v = self.vertical(F.pad(x, (3, 3, 3, 0))[:, :, :-1])
        h = self.horizontal(F.pad(x, (3, 0))[..., :-1])
        return self.head(through(self.blocks, v, h))


NETWORKS = {
    "pixelcnn": pixelcnn,
    "row-lstm": row_lstm,
    "diagonal-bilstm": diagonal_bilstm,
    "gated-pixelcnn": GatedPixelCNN,
    "pixelcnn-pp": PixelCNNPlusPlus,
    "pixelsnail": PixelSNAIL,
    "gated-stack": GatedStack,
}


def build(name, sizes, outputs):
    if name not in NETWORKS:
        raise SystemExit(f"expected {' or '.join(NETWORKS)} as the network, received {name}")
    return NETWORKS[name](outputs, **sizes)


def parameter_count(network):
    return sum(p.numel() for p in network.parameters())


def scaled(pixels, levels):
    return pixels.float() * (2 / (levels - 1)) - 1


def nats(logits, pixels):
    """Mean over pictures of -log p, from logits [B, K, H, W] and pixels [B, 1, H, W]."""
    if logits.shape[1] == 1:
        total = F.binary_cross_entropy_with_logits(logits, pixels.float(), reduction="sum")
    else:
        total = F.cross_entropy(logits, pixels[:, 0], reduction="sum")
    return total / len(pixels)
