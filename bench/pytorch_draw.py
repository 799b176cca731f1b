"""The PyTorch side of the drawing benchmark of VAEs and GANs: whole pictures at once, on the CPU.

Started by bench/contestants.ts, which describes the line protocol: a step is `--pictures` pictures, as levels in bytes.
"""

import time

import torch

from pytorch_contestant import argument_parser, resident_mb, serve
from pytorch_gan import Gan
from pytorch_models import parameter_count
from pytorch_trainers import drawn_noise


def levels_of(network, output, levels):
    """Of a VAE the logits of white are drawn from, of a GAN the values in -1 .. 1 are rounded."""
    if isinstance(network, Gan):
        return ((output + 1) * ((levels - 1) / 2)).round_().clamp_(0, levels - 1).byte()
    return torch.bernoulli(torch.sigmoid(output)).byte()


@torch.inference_mode()
def main():
    parser = argument_parser(__doc__, batch=100)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--tuned", action="store_true", help="with the memory layout that suits oneDNN best")
    options = parser.parse_args()
    spec = options.network

    baseline = resident_mb()[1]
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    network = spec.build().eval()
    if options.tuned:
        network = network.to(memory_format=torch.channels_last)

    def draw():
        """Levels [pictures, 1, S, S]."""
        batches = []
        for first in range(0, options.pictures, options.batch):
            noise = drawn_noise(network.latents, min(options.batch, options.pictures - first))
            batches.append(levels_of(network, network.draw(noise), spec.levels))
        return torch.cat(batches)

    def run(steps):
        start, before = time.perf_counter(), time.process_time()
        for _ in range(steps):
            mean = draw().float().mean().item()
        seconds, processor_seconds = time.perf_counter() - start, time.process_time() - before
        return {"seconds": seconds, "processorSeconds": processor_seconds, "steps": steps, "loss": mean}

    run(2)
    name = f"PyTorch {torch.__version__}{', tuned' if options.tuned else ''}"
    serve(name, parameter_count(network), torch.get_num_threads(), baseline, run)


if __name__ == "__main__":
    main()
