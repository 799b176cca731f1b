"""The PyTorch side of the training-speed benchmark: the networks of pytorch_models.py and the same training step, on the CPU.

Started by bench/contestants.ts, which describes the line protocol.
"""

import time

import torch
from torch import nn

from pytorch_contestant import argument_parser, resident_mb, serve
from pytorch_models import nats, parameter_count, scaled

WARM_UP_STEPS = 5


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


def main():
    parser = argument_parser(__doc__, batch=32)
    parser.add_argument("--tuned", action="store_true", help="with the memory layout that suits oneDNN best")
    options = parser.parse_args()
    spec = options.network

    baseline = resident_mb()[1]
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    network = spec.build()
    if options.tuned:
        # oneDNN computes as fast in this layout, and converts less: 5 to 10 % of a step, measured.
        network = network.to(memory_format=torch.channels_last)

    pixels = torch.randint(spec.levels, (options.batch, 1, spec.size, spec.size))
    trainer = Trainer(network, pixels, spec.levels)
    trainer.run(WARM_UP_STEPS)

    name = f"PyTorch {torch.__version__}{', tuned' if options.tuned else ''}"
    serve(name, parameter_count(network), torch.get_num_threads(), baseline, trainer.run)


if __name__ == "__main__":
    main()
