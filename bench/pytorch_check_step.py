"""Holds a training step of PyTorch against ours: started by check.ts, prints one line of JSON.

    figures     by the names that ours have
    norms       of the gradient of each part
"""

import json

import torch

from pytorch_contestant import argument_parser
from pytorch_trainers import trainer_of


# Layers of ours that have the names of methods of nn.Module.
RENAMED = {".halving.": ".half.", ".doubling.": ".double."}


def our_name(name):
    for theirs, ours in RENAMED.items():
        name = name.replace(theirs, ours)
    return name


def load(network, weights):
    """Gives the network our weights by their names; the numbers are in the same order, whatever the shapes."""
    parameters = {our_name(name): parameter for name, parameter in network.named_parameters()}
    if parameters.keys() != weights.keys():
        raise SystemExit(f"expected {sorted(weights)}, received {sorted(parameters)}")
    for name, parameter in parameters.items():
        parameter.data.copy_(torch.tensor(weights[name]).view(parameter.shape))


def main():
    parser = argument_parser(__doc__, batch=2)
    parser.add_argument("--given", required=True, metavar="FILE", help="JSON: weights, pictures, noise")
    options = parser.parse_args()
    spec, batch = options.network, options.batch
    with open(options.given, encoding="ascii") as file:
        given = json.load(file)
    network = spec.build()
    load(network, given["weights"])
    trainer = trainer_of(network, spec.levels)
    pixels = torch.tensor(given["pictures"], dtype=torch.long).view(batch, *spec.shape)
    noise = {name: torch.tensor(given["noise"][name]).view(batch, *shape) for name, shape in trainer.latents.items()}
    figures, norms = trainer.step(pixels, noise)
    numbers = [{name: number.item() for name, number in each.items()} for each in (figures, norms)]
    print(json.dumps(dict(zip(("figures", "norms"), numbers))))


if __name__ == "__main__":
    main()
