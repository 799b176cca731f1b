"""The PyTorch side of the training-speed benchmark: our networks and the same training steps, on the CPU.

Started by bench/contestants.ts, which describes the line protocol.
"""

import time

import torch

from pytorch_contestant import argument_parser, resident_mb, serve
from pytorch_models import parameter_count
from pytorch_trainers import trainer_of

WARM_UP_STEPS = 5


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

    pixels = torch.randint(spec.levels, (options.batch, *spec.shape))
    trainer = trainer_of(network, spec.levels)

    def run(steps):
        start, before = time.perf_counter(), time.process_time()
        for _ in range(steps):
            figures, _ = trainer.step(pixels)
            loss = next(iter(figures.values())).item()
        seconds, processor_seconds = time.perf_counter() - start, time.process_time() - before
        return {"seconds": seconds, "processorSeconds": processor_seconds, "steps": steps, "loss": loss}

    run(WARM_UP_STEPS)
    name = f"PyTorch {torch.__version__}{', tuned' if options.tuned else ''}"
    serve(name, parameter_count(network), torch.get_num_threads(), baseline, run)


if __name__ == "__main__":
    main()
