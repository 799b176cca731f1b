"""The PyTorch side of the training-speed benchmark: the same networks and the same training step, on the CPU.

Started by bench/contestants.ts, which describes the line protocol. Networks, on pictures of one channel:

pixelcnn  The PixelCNN of van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel recurrent neural networks" (2016).
gated     The two stacks of van den Oord et al., "Conditional image generation with PixelCNN decoders" (2016),
          with small kernels that cover allowed pixels only, so that nothing is spent on masked weights.

`--check` trains nothing: it counts the work, and tells whether a network sees a pixel that it must not.
"""

import argparse
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def resident_mb():
    """The peak and the present resident set of this process in MiB (Linux)."""
    # ru_maxrss is no use here: a process that was forked and then executed inherits the peak of its parent.
    with open("/proc/self/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return tuple(int(fields[key].split()[0]) / 1024 for key in ("VmHWM", "VmRSS"))


class MaskedConv2d(nn.Conv2d):
    """A square convolution over the rows above and the pixels to the left; "B" also sees its own pixel."""

    def __init__(self, inputs, outputs, size, kind):
        super().__init__(inputs, outputs, size, padding=size // 2)
        mask = torch.ones(size, size)
        mask[size // 2, size // 2 + (kind == "B") :] = 0
        mask[size // 2 + 1 :] = 0
        self.register_buffer("mask", mask)

    def forward(self, x):
        return self._conv_forward(x, self.weight * self.mask, self.bias)


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(2 * width, width, 1),
            nn.ReLU(inplace=True),
            MaskedConv2d(width, width, 3, "B"),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 2 * width, 1),
        )

    def forward(self, x):
        return x + self.layers(x)


def pixelcnn(width, depth, head, outputs):
    """Pixels [B, 1, H, W] -> logits [B, outputs, H, W]."""
    return nn.Sequential(
        MaskedConv2d(1, 2 * width, 7, "A"),
        *(ResidualBlock(width) for _ in range(depth)),
        nn.ReLU(inplace=True),
        nn.Conv2d(2 * width, head, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(head, head, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(head, outputs, 1),
    )


def gate(x):
    a, b = x.chunk(2, dim=1)
    return torch.tanh(a) * torch.sigmoid(b)


class GatedBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.vertical = nn.Conv2d(width, 2 * width, (2, 3))
        self.horizontal = nn.Conv2d(width, 2 * width, (1, 2))
        self.link = nn.Conv2d(2 * width, 2 * width, 1)
        self.out = nn.Conv2d(width, width, 1)

    def forward(self, v, h):
        """Returns the vertical features before their gate, and the new horizontal ones."""
        above = self.vertical(F.pad(v, (1, 1, 1, 0)))
        return above, h + self.out(gate(self.horizontal(F.pad(h, (1, 0))) + self.link(above)))


class GatedPixelCNN(nn.Module):
    """Pixels [B, 1, H, W] -> logits [B, outputs, H, W]."""

    def __init__(self, width, depth, head, outputs):
        super().__init__()
        self.vertical = nn.Conv2d(1, width, (3, 7))
        self.horizontal = nn.Conv2d(1, width, (1, 3))
        self.blocks = nn.ModuleList(GatedBlock(width) for _ in range(depth))
        self.head = nn.Sequential(
            nn.ReLU(inplace=True),
            nn.Conv2d(width, head, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(head, outputs, 1),
        )

    def forward(self, x):
        # Row r of v sees rows r-3 .. r-1, and so never its own row in any block: the link needs no shift.
        v = self.vertical(F.pad(x, (3, 3, 3, 0))[:, :, :-1])
        h = self.horizontal(F.pad(x, (3, 0))[..., :-1])
        for block in self.blocks[:-1]:
            above, h = block(v, h)
            v = gate(above)
        _, h = self.blocks[-1](v, h)
        return self.head(h)


def nats(logits, pixels):
    """Mean over pictures of -log p, from logits [B, K, H, W] and pixels [B, 1, H, W]."""
    if logits.shape[1] == 1:
        total = F.binary_cross_entropy_with_logits(logits, pixels.float(), reduction="sum")
    else:
        total = F.cross_entropy(logits, pixels[:, 0], reduction="sum")
    return total / len(pixels)


class Trainer:
    def __init__(self, network, pixels, levels):
        self.network, self.pixels, self.levels = network, pixels, levels
        self.parameters = list(network.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-3, foreach=True)
        self.averages = [p.detach().clone() for p in self.parameters]

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = nats(self.network(scaled(self.pixels, self.levels)), self.pixels)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(self.averages, 0.999)
            torch._foreach_add_(self.averages, self.parameters, alpha=0.001)
        return loss.detach()

    def run(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            loss = self.step().item()
        return {"seconds": time.perf_counter() - start, "steps": steps, "loss": loss}


def scaled(pixels, levels):
    return pixels.float() * (2 / (levels - 1)) - 1


def parameter_count(network):
    return sum(p.numel() for p in network.parameters())


def multiply_adds(network, size):
    """Per picture, of a forward pass: of the convolutions as they are done, and without masked weights."""
    dense = useful = 0

    def count(conv, _inputs, output):
        nonlocal dense, useful
        work = conv.weight.numel() * output.shape[2] * output.shape[3]
        share = conv.mask.mean().item() if isinstance(conv, MaskedConv2d) else 1
        dense, useful = dense + work, useful + round(work * share)

    convs = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    hooks = [conv.register_forward_hook(count) for conv in convs]
    network(torch.zeros(1, 1, size, size))
    for hook in hooks:
        hook.remove()
    return dense, useful


def check_causality(network, size):
    """Changes each pixel in turn: no logit at or before it may change; those beside and below it must."""
    network.eval()
    picture = torch.rand(1, 1, size, size) * 2 - 1
    leaks, blind = [], []
    for pixel in range(size * size):
        row, column = divmod(pixel, size)
        pair = picture.repeat(2, 1, 1, 1)
        pair[1, 0, row, column] += 1
        a, b = network(pair)
        changed = (a != b).any(0).flatten()
        if changed[: pixel + 1].any():
            leaks.append((row, column))
        neighbours = [pixel + 1] * (column + 1 < size) + [pixel + size] * (row + 1 < size)
        if not changed[neighbours].all():
            blind.append((row, column))
    return leaks, blind


def serve(name, parameters, threads, baseline, run):
    """The child's side of the line protocol in contestants.ts, until it is told to quit."""

    def say(answer):
        print(json.dumps(answer), flush=True)

    say({"ready": True, "name": name, "parameters": parameters, "threads": threads})
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "run":
            say(run(int(arguments[0])))
        elif command == "memory":
            peak, now = resident_mb()
            say({"peakRssMb": peak, "rssMb": now, "baselineRssMb": baseline})
        elif command == "quit":
            break
        else:
            sys.exit(f"expected run N, memory or quit, received {line!r}")


def main():
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--network", choices=["pixelcnn", "gated"], required=True)
    for name, default in dict(batch=32, size=28, width=64, depth=5, head=64, levels=2, threads=2).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--tuned", action="store_true", help="with the memory layout that suits oneDNN best")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()

    baseline = resident_mb()[1]
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    outputs = 1 if options.levels == 2 else options.levels
    build = pixelcnn if options.network == "pixelcnn" else GatedPixelCNN
    network = build(options.width, options.depth, options.head, outputs)
    if options.tuned:
        # oneDNN computes as fast in this layout, and converts less: 5 to 10 % of a step, measured.
        network = network.to(memory_format=torch.channels_last)

    if options.check:
        with torch.no_grad():
            dense, useful = multiply_adds(network, options.size)
            leaks, blind = check_causality(network, options.size)
        print(f"{parameter_count(network)} parameters")
        print(f"{dense} multiply-adds per picture, forward; {useful} of them with unmasked weights")
        sys.exit(f"sees a pixel too early: {leaks}; misses a neighbour: {blind}" if leaks or blind else 0)

    shape = (options.batch, 1, options.size, options.size)
    trainer = Trainer(network, torch.randint(options.levels, shape), options.levels)
    trainer.run(5)

    name = f"PyTorch {torch.__version__}{', tuned' if options.tuned else ''}"
    serve(name, parameter_count(network), torch.get_num_threads(), baseline, trainer.run)


if __name__ == "__main__":
    main()
