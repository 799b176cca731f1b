"""Holds a network of pytorch_models.py against ours: started by check.ts, prints one line of JSON.

    nats        of all pixels together, with the given weights (float32, in our order) on the given pictures (bytes)
    leaks       pixels [row, column] that change a logit at or before them, which none may
    missed      pixels that change no logit of the pixel beside them, or of the one below, which all must
"""

import json
import sys
from array import array

import torch
from torch import nn

from pytorch_contestant import argument_parser
from pytorch_models import nats, parameter_count, scaled


# Of the parameters of one layer; those of a list have numbers.
ORDER = ["weight", "weight_v", "weight_g", "bias", "0", "1"]


def in_our_order(network):
    """Views of the parameters, in the order of ours."""
    for name, module in network.named_modules():
        own = dict(module.named_parameters(recurse=False))
        tensors = [own[key].data for key in sorted(own, key=ORDER.index)]
        if isinstance(module, nn.Conv1d) and module.kernel_size == (2,):
            # Ours is a 1 x 1 convolution of the states at both taps, one after the other.
            tensors = [weight.permute(0, 2, 1) for weight in tensors]
        if name.endswith("value_and_gate"):
            # Ours are two convolutions.
            tensors = [half for halves in zip(*(tensor.chunk(2) for tensor in tensors)) for half in halves]
        yield from tensors


def load(network, file):
    """Gives the network our weights, which lie one after the other in the file."""
    numbers = array("f")
    with open(file, "rb") as weights:
        numbers.frombytes(weights.read())
    if len(numbers) != parameter_count(network):
        sys.exit(f"expected {len(numbers)} parameters, received {parameter_count(network)}")
    start = 0
    for tensor in in_our_order(network):
        values = torch.tensor(numbers[start : start + tensor.numel()])
        tensor.copy_(values.view(tensor.shape))
        start += tensor.numel()


def causality(network, picture):
    """Changes each pixel in turn."""
    size = picture.shape[-1]
    before = network(picture)
    leaks, missed = [], []
    for pixel in range(size * size):
        row, column = divmod(pixel, size)
        other = picture.clone()
        other[..., row, column] += 1
        changed = (network(other) != before)[0].any(0).flatten()
        if changed[: pixel + 1].any():
            leaks.append((row, column))
        neighbours = [pixel + 1] * (column + 1 < size) + [pixel + size] * (row + 1 < size)
        if not changed[neighbours].all():
            missed.append((row, column))
    return {"leaks": leaks, "missed": missed}


@torch.inference_mode()
def main():
    parser = argument_parser(__doc__, batch=2)
    parser.add_argument("--weights", required=True, metavar="FILE")
    parser.add_argument("--pictures", required=True, metavar="FILE")
    options = parser.parse_args()
    spec = options.network
    network = spec.build()
    load(network, options.weights)
    with open(options.pictures, "rb") as file:
        levels = torch.tensor(list(file.read()))
    pixels = levels.view(options.batch, 1, spec.size, spec.size)
    x = scaled(pixels, spec.levels)
    answer = {
        "nats": nats(network(x), pixels).item() * options.batch,
        **causality(network, x[:1]),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
