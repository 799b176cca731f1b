"""The PyTorch side of the sampling-speed benchmark: pictures of the networks of pytorch_models.py, on the CPU.

Started by bench/contestants.ts, which describes the line protocol: a step is a whole batch of pictures, and the loss
is the mean of their pixels, scaled to -1 .. 1. Methods:

naive           What public code does: each pixel runs the whole network on the whole batch, for the logits of one
                place. `--pixels P` draws P pixels, evenly spread, and scales the seconds: every pixel costs the same.
cached          Of gated-stack alone: each convolution is done once in each place, the vertical stack a row at a time, the
                horizontal one a pixel at a time. Plain PyTorch.
cached --tuned  The same idea with all that helps: see pytorch_sample_tuned.py.

`--check` measures nothing: it draws with all methods, and tells whether they agree.
In shapes, B is the batch, S the size of a picture, C the width and K the outputs of the network.
"""

import os
import sys
import time

if "--tuned" in sys.argv:
    # Both are read when PyTorch is loaded. OpenBLAS: the workers use the cores better than its threads, as the products
    # of a pixel are small. ATen: it does not take AVX-512 by itself, which does a sigmoid in half the time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with open("/proc/cpuinfo", encoding="ascii") as cpu:
        if {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"} <= set(cpu.read().split()):
            os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")

import torch
import torch.nn.functional as F

from pytorch_contestant import argument_parser, resident_mb, serve
from pytorch_models import gate, parameter_count, scaled
from pytorch_sample_tuned import Tuned, drawn, matrix


class Naive:
    def __init__(self, network, size, levels, pixels):
        self.network, self.size, self.levels, self.pixels = network, size, levels, pixels

    def draw(self, uniforms, record=None):
        """Scaled pictures [B, S, S] from uniforms [S * S, B]; record [S * S, B, K] receives the logits."""
        x = torch.full((uniforms.shape[1], 1, self.size, self.size), -1.0)
        for i in range(self.pixels):
            pixel = i * self.size**2 // self.pixels
            row, column = divmod(pixel, self.size)
            logits = self.network(x)[:, :, row, column]
            if record is not None:
                record[pixel] = logits
            x[:, 0, row, column] = scaled(drawn(logits, uniforms[pixel]), self.levels)
        return x[:, 0]


class CachedBlock:
    """A block with the features that its kernels see: of two rows, and of the pixels of one row."""

    def __init__(self, block, batch, size):
        width = block.out.in_channels
        self.vertical, self.link = block.vertical, block.link
        self.horizontal, self.horizontal_bias = matrix(block.horizontal), block.horizontal.bias
        self.out, self.out_bias = matrix(block.out), block.out.bias
        # With the zeros beside the row and before it. Two pixels of h are one row of a matrix, without a copy.
        self.v = torch.zeros(batch, width, 2, size + 2)
        self.h = torch.zeros(batch, size + 1, width)
        # What each pixel of the row adds to its horizontal product.
        self.links = torch.zeros(size, batch, 2 * width)

    def start_row(self, v):
        """From the vertical features [B, C, 1, S] of a row to the new ones before their gate [B, 2 C, 1, S]."""
        self.v[:, :, 0] = self.v[:, :, 1]
        self.v[:, :, 1:, 1:-1] = v
        above = self.vertical(self.v)
        torch.add(self.link(above)[:, :, 0].permute(2, 0, 1), self.horizontal_bias, out=self.links)
        return above

    def pixel(self, h, column):
        """From the horizontal features [B, C] of a pixel to the new ones."""
        self.h[:, column + 1] = h
        pair = self.h[:, column : column + 2].flatten(1)
        gated = gate(torch.addmm(self.links[column], pair, self.horizontal))
        return h + torch.addmm(self.out_bias, gated, self.out)


class Cached:
    def __init__(self, network, batch, size, levels):
        self.size, self.levels, self.vertical = size, levels, network.vertical
        self.horizontal, self.horizontal_bias = matrix(network.horizontal), network.horizontal.bias
        self.blocks = [CachedBlock(block, batch, size) for block in network.blocks]
        _, hidden, _, last = network.head
        self.hidden, self.hidden_bias = matrix(hidden), hidden.bias
        self.last, self.last_bias = matrix(last), last.bias
        # Zeros above and beside the pictures, as far as the first kernels see.
        self.x = torch.zeros(batch, 1, size + 3, size + 6)

    def draw(self, uniforms, record=None):
        """As Naive.draw."""
        for block in self.blocks:
            block.v.zero_()
        for pixel, uniform in enumerate(uniforms):
            row, column = divmod(pixel, self.size)
            if column == 0:
                self.start_row(row)
            logits = self.logits(row, column)
            if record is not None:
                record[pixel] = logits
            self.x[:, 0, row + 3, column + 3] = scaled(drawn(logits, uniform), self.levels)
        return self.x[:, 0, 3:, 3:-3].clone()

    def start_row(self, row):
        v = self.vertical(self.x[:, :, row : row + 3])
        for block in self.blocks[:-1]:
            v = gate(block.start_row(v))
        self.blocks[-1].start_row(v)

    def logits(self, row, column):
        """Logits [B, K] of a pixel."""
        window = self.x[:, 0, row + 3, column : column + 3]
        h = torch.addmm(self.horizontal_bias, window, self.horizontal)
        for block in self.blocks:
            h = block.pixel(h, column)
        hidden = torch.addmm(self.hidden_bias, F.relu(h), self.hidden)
        return torch.addmm(self.last_bias, F.relu(hidden), self.last)


def agree(methods, size, batch, outputs):
    """Whether all methods draw the same pictures as the first one, from logits within 1e-4 of its logits."""
    # Twice, as nothing of the first pictures may reach the second ones.
    for _ in range(2):
        uniforms = torch.rand(size**2, batch)
        logits = torch.zeros(len(methods), size**2, batch, outputs)
        pictures = [method.draw(uniforms, record) for method, record in zip(methods, logits)]
        for i in range(1, len(methods)):
            difference = (logits[i] - logits[0]).abs().max().item()
            name = type(methods[i]).__name__
            print(f"{name}: logits, of standard deviation {logits[i].std():.2g}, differ by at most {difference:.2g}")
            # Scaled levels may differ in their last bit.
            if difference >= 1e-4 or not torch.allclose(pictures[i], pictures[0], rtol=0, atol=1e-5):
                return False
    return True


@torch.inference_mode()
def main():
    parser = argument_parser(__doc__, batch=64)
    parser.add_argument("--method", choices=["naive", "cached"], default="cached")
    parser.add_argument("--pixels", type=int, default=0, help="of each picture, by the naive method; 0 for all")
    parser.add_argument("--tuned", action="store_true", help="the cached method, with all that helps")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    batch, threads, spec = options.batch, options.threads, options.network
    size, levels, outputs = spec.size, spec.levels, spec.outputs
    if options.pixels and (options.method == "cached" or options.check):
        parser.error("--pixels is for the speed of the naive method: the pixels of the other differ in their cost")
    if options.tuned and options.method == "naive":
        parser.error("--tuned is for the cached method")
    if spec.name != "gated-stack" and (options.method == "cached" or options.check):
        parser.error("only gated-stack has the cached method")

    baseline = resident_mb()[1]
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    network = spec.build()
    pixels = options.pixels or size**2

    if options.check:
        for parameter in network.parameters():
            # As initialised, the network hardly tells one picture from another.
            parameter.mul_(2)
        methods = (
            Naive(network, size, levels, pixels),
            Cached(network, batch, size, levels),
            Tuned(network, batch, size, levels, threads),
        )
        sys.exit(None if agree(methods, size, batch, outputs) else "the methods disagree")

    if options.method == "naive":
        method = Naive(network, size, levels, pixels)
        Naive(network, size, levels, 1).draw(torch.rand(size**2, batch))
    elif options.tuned:
        method = Tuned(network, batch, size, levels, threads)
        threads = len(method.workers)
        # TorchScript takes two calls to settle.
        for _ in range(3):
            method.draw(torch.rand(size**2, batch))
    else:
        method = Cached(network, batch, size, levels)
        method.draw(torch.rand(size**2, batch))

    def run(steps):
        start, before = time.perf_counter(), time.process_time()
        for _ in range(steps):
            mean = method.draw(torch.rand(size**2, batch)).mean().item()
        scale = size**2 / pixels
        seconds, processor_seconds = (time.perf_counter() - start) * scale, (time.process_time() - before) * scale
        return {"seconds": seconds, "processorSeconds": processor_seconds, "steps": steps, "loss": mean}

    name = f"PyTorch {torch.__version__}, {options.method}{', tuned' if options.tuned else ''}"
    serve(name, parameter_count(network), threads, baseline, run)


if __name__ == "__main__":
    main()
