"""What the PyTorch contestants of the speed benchmarks share: their arguments and the line protocol of contestants.ts."""

import argparse
import json
import sys

from pytorch_fsq import Fsq
from pytorch_gan import Gan
from pytorch_models import build
from pytorch_vae import LadderVae, Vae

VARIATIONAL = {"vae": Vae, "ladder-vae": LadderVae}


def resident_mb():
    """The peak and the present resident set of this process in MiB (Linux)."""
    # ru_maxrss is no use here: a process that was forked and then executed inherits the peak of its parent.
    with open("/proc/self/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return tuple(int(fields[key].split()[0]) / 1024 for key in ("VmHWM", "VmRSS"))


class Spec:
    """A network to be measured, from JSON: the same as `BenchNetwork` in networks.ts."""

    def __init__(self, text):
        fields = json.loads(text)
        self.name, self.sizes = fields["name"], fields["sizes"]
        self.levels, self.size, self.channels = fields["levels"], fields["size"], fields["channels"]
        self.shape = self.channels, self.size, self.size
        # Logits of a pixel: binary pixels need but one.
        self.outputs = 1 if self.levels == 2 else self.levels

    def build(self):
        if self.name == "fsq":
            return Fsq(self.channels, **self.sizes)
        if self.name == "gan":
            return Gan(self.size, **self.sizes)
        if self.name in VARIATIONAL:
            return VARIATIONAL[self.name](self.outputs, self.size, **self.sizes)
        return build(self.name, self.sizes, self.outputs)


def argument_parser(description, batch):
    raw = argparse.RawDescriptionHelpFormatter
    # No abbreviations, as pytorch_sample.py looks for --tuned before they are known.
    parser = argparse.ArgumentParser(description=description, formatter_class=raw, allow_abbrev=False)
    parser.add_argument("--network", type=Spec, required=True, metavar="JSON", help="name, sizes, levels, size, channels")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--threads", type=int, default=2)
    return parser


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
