"""Holds a network of pytorch_models.py against ours: started by check.ts, prints one line of JSON.

    parameters  how many numbers are trained
    nats        of all pixels together, with the given weights (float32, in our order) on the given pictures (bytes)
    leaks       pixels [row, column] that change a logit at or before them, which none may
    missed      pixels that change no logit of the pixel beside them, or of the one below, which all must
"""

import json
from array import array

import torch
from torch import nn

from pytorch_contestant import argument_parser
from pytorch_models import nats, parameter_count, scaled


def load(network, file):
    """Gives the network our weights, which lie one after the other in the same order."""
    numbers = array("f")
    with open(file, "rb") as weights:
        numbers.frombytes(weights.read())
    if len(numbers) != parameter_count(network):
        return
    nn.utils.vector_to_parameters(torch.tensor(numbers), network.parameters())
    for conv in network.modules():
        if isinstance(conv, nn.Conv1d) and conv.kernel_size == (2,):
            # Ours is a 1 x 1 convolution of the two states, one above the other.
            outputs, inputs, _ = conv.weight.shape
            ours = conv.weight.data.reshape(outputs, 2, inputs)
            conv.weight.data = ours.transpose(1, 2).contiguous()


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
        "parameters": parameter_count(network),
        "nats": nats(network(x), pixels).item() * options.batch,
        **causality(network, x[:1]),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
