"""The tuned method of pytorch_sample.py, with everything that was found to help, and what it shares with the others.

Single-threaded workers share out the batch. All convolutions but the first are products of matrices, into tensors and
views of them that are made once. In shapes, B is the batch, C the width and K the outputs of the network.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import List, Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pytorch_models import scaled


def drawn(logits: Tensor, uniforms: Tensor):
    """Levels [B] from logits [B, K] and uniforms [B], by inversion of the cumulative distribution."""
    if logits.shape[1] == 1:
        return uniforms < torch.sigmoid(logits[:, 0])
    return (torch.softmax(logits, 1).cumsum(1)[:, :-1] <= uniforms[:, None]).sum(1)


def matrix(conv):
    """The weights of a convolution of one row as a matrix, taps * inputs x outputs."""
    return conv.weight[:, :, 0].permute(2, 1, 0).flatten(0, 1).contiguous()


class Block(nn.Module):
    """
    A block with the features that it remembers. Views of them are made beforehand: for a single picture, making one
    takes as long as a product. tanh(a) sigmoid(b) = sigmoid(b) - 2 sigmoid(-2a) sigmoid(b), so with the a half of the
    weights scaled by -2, a single sigmoid does for both halves; it takes a third of the time of tanh.
    """

    links: List[Tensor]
    windows: List[Tensor]
    places: List[Tensor]
    outputs: List[Tensor]

    def __init__(self, block, batch, size, following):
        super().__init__()
        width = block.out.in_channels
        scale = torch.cat([torch.full((width,), -2.0), torch.ones(width)])
        # Inputs x outputs: a matrix for each column of the kernel.
        self.vertical = (block.vertical.weight.permute(3, 2, 1, 0) * scale).reshape(3, 2 * width, 2 * width)
        self.vertical_bias = block.vertical.bias * scale
        self.link = matrix(block.link) / scale[:, None] * scale
        self.link_bias = (block.link.bias + block.horizontal.bias) * scale
        self.horizontal = matrix(block.horizontal) * scale
        self.out = torch.cat([matrix(block.out), block.out.bias[None]])

        # Vertical features of the row above beside those of the present row, between columns of zeros.
        v = torch.zeros(size + 2, batch, 2, width)
        self.row_above, self.row = v[1:-1, :, 0], v[1:-1, :, 1]
        self.left, self.middle, self.right = (v[i : i + size].view(-1, 2 * width) for i in range(3))
        self.above, self.linked, self.gates = (torch.zeros(size * batch, 2 * width) for _ in range(3))
        self.gates_a, self.gates_b = self.gates.view(size, batch, 2 * width).chunk(2, 2)
        # Horizontal features of a row, each picture's together: a pixel and the one before it already are one input.
        h = torch.zeros(batch, (size + 1) * width)
        self.windows = [h[:, i * width : (i + 2) * width] for i in range(size)]
        self.places = [window[:, width:] for window in self.windows]
        self.links = list(self.linked.view(size, batch, 2 * width))
        self.sums = torch.zeros(batch, 2 * width)
        self.a, self.b = self.sums.chunk(2, 1)
        # The column of ones brings the bias into the product.
        self.gated = torch.ones(batch, width + 1)
        self.features = self.gated[:, :-1]

        self.last = following is None
        if following is None:
            # Only the link sees the vertical features here, so that the two are one linear map.
            self.vertical, self.above = self.vertical @ self.link, self.linked
            self.vertical_bias = self.vertical_bias @ self.link + self.link_bias
            self.row_output, self.outputs = self.row, [torch.zeros(batch, width)] * size
        else:
            self.row_output, self.outputs = following.row, following.places

    def start_row(self):
        """From the vertical features of the row to the links of its pixels, and to the row of the following block."""
        torch.addmm(self.vertical_bias, self.left, self.vertical[0], out=self.above)
        self.above.addmm_(self.middle, self.vertical[1]).addmm_(self.right, self.vertical[2])
        self.row_above.copy_(self.row)
        if not self.last:
            torch.addmm(self.link_bias, self.above, self.link, out=self.linked)
            torch.sigmoid(self.above, out=self.gates)
            torch.addcmul(self.gates_b, self.gates_a, self.gates_b, value=-2.0, out=self.row_output)

    def pixel(self, column: int):
        """From the horizontal features [B, C] of a pixel to those of the following block."""
        torch.addmm(self.links[column], self.windows[column], self.horizontal, out=self.sums)
        torch.sigmoid_(self.sums)
        torch.addcmul(self.b, self.a, self.b, value=-2.0, out=self.features)
        torch.addmm(self.places[column], self.gated, self.out, out=self.outputs[column])


class Worker(nn.Module):
    """Draws batches of pictures, all of one shape."""

    windows: List[Tensor]
    places: List[Tensor]
    inputs: List[Tensor]

    def __init__(self, network, batch, size, levels):
        super().__init__()
        self.size = size
        self.darkest, brightest = scaled(torch.tensor([0, levels - 1]), levels)
        self.step = (brightest - self.darkest).item() / (levels - 1)
        blocks = []
        for block in reversed(network.blocks):
            blocks.insert(0, Block(block, batch, size, blocks[0] if blocks else None))
        self.blocks = nn.ModuleList(blocks)
        self.row, self.inputs, self.output = blocks[0].row, blocks[0].places, blocks[-1].outputs[0]
        self.vertical, self.vertical_bias = network.vertical.weight, network.vertical.bias
        self.horizontal, self.horizontal_bias = matrix(network.horizontal), network.horizontal.bias
        _, hidden, _, last = network.head
        self.hidden, self.hidden_bias = matrix(hidden), hidden.bias
        self.last, self.last_bias = matrix(last), last.bias
        # Zeros above and beside the pictures, as far as the first kernels see.
        self.x = torch.zeros(batch, 1, size + 3, size + 6)
        pixels = [(row + 3, column + 3) for row in range(size) for column in range(size)]
        self.windows = [self.x[:, 0, row, column - 3 : column] for row, column in pixels]
        self.places = [self.x[:, 0, row, column] for row, column in pixels]

    def forward(self, uniforms: Tensor, record: Optional[Tensor]):
        """As Naive.draw of pytorch_sample.py."""
        for block in self.blocks:
            block.row_above.zero_()
        for pixel, uniform in enumerate(uniforms.unbind(0)):
            if pixel % self.size == 0:
                self.start_row(pixel // self.size)
            logits = self.logits(pixel)
            if record is not None:
                record[pixel] = logits
            torch.add(self.darkest, drawn(logits, uniform), alpha=self.step, out=self.places[pixel])
        return self.x[:, 0, 3:, 3:-3].clone()

    def start_row(self, row: int):
        v = F.conv2d(self.x[:, :, row : row + 3], self.vertical, self.vertical_bias)
        self.row.copy_(v[:, :, 0].permute(2, 0, 1))
        for block in self.blocks:
            block.start_row()

    def logits(self, pixel: int):
        column = pixel % self.size
        torch.addmm(self.horizontal_bias, self.windows[pixel], self.horizontal, out=self.inputs[column])
        for block in self.blocks:
            block.pixel(column)
        hidden = torch.addmm(self.hidden_bias, torch.relu_(self.output), self.hidden)
        return torch.addmm(self.last_bias, torch.relu_(hidden), self.last)


class Tuned:
    def __init__(self, network, batch, size, levels, threads):
        self.shares = [len(share) for share in torch.arange(batch).chunk(threads)]
        # TorchScript, because it runs without the lock of the interpreter, and calls with less ado.
        self.workers = [torch.jit.script(Worker(network, share, size, levels)) for share in self.shares]
        self.pool = ThreadPoolExecutor(len(self.shares), initializer=torch.set_num_threads, initargs=(1,))

    def draw(self, uniforms, record=None):
        """As Worker.forward."""
        records = [None] * len(self.shares) if record is None else record.split(self.shares, 1)
        return torch.cat(list(self.pool.map(self.work, self.workers, uniforms.split(self.shares, 1), records)))

    @staticmethod
    def work(worker, uniforms, record):
        # A thread does not inherit the mode of the one that started it.
        with torch.inference_mode():
            return worker(uniforms, record)
