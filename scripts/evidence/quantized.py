"""Holds swscan to quantized checkpoints of a public model: tables of docs/evidence.md.

Takes the folder SmolLM2-135M-Instruct that scripts/real-models makes, stores it in the formats of requantize.py, and tells
of each format whether `swscan detect` with its defaults finds the two weights that carry the model, what removing both does
by swscan and by transformers on the same token ids in float32, and what the two weights became. What swscan refuses is a
row with what it said. The checkpoints, 100 to 170 MB each, are kept in a folder and made once.

With --times, every format is scanned so often, and before each time the plain folder in fp32: the seconds of CPU and wall
of whole processes, and the median of the ratios of a format's CPU to the folder's.
"""

import argparse
import json
import math
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import torch

from edited_model import Change, EditedModel, effects
from requantize import FORMATS, load, stored_model

HERE = pathlib.Path(__file__).resolve().parent
REFERENCE = HERE.parents[1] / "src/core/src/test/resources/real-models/smollm2-135m.json"
SET = ["11:507:1229", "11:507:1487"]


class Failure(Exception):
    """A program that ended with an error, and the last thing that it said."""


def run(command):
    """What a program took: seconds of CPU, and of the clock."""
    begin = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            lines = [line.strip() for line in said if line.strip()]
            raise Failure((lines or [f"{shlex.join(command[:2])} ended with {process.returncode}"])[-1])
    return used.ru_utime + used.ru_stime, time.monotonic() - begin


class Scanner:
    def __init__(self, program, threads, folder):
        self.program, self.threads = program, ["--threads", str(threads)]
        self.report, self.ids = folder / "report.json", folder / "ids.json"

    def detect(self, model, *options):
        """The report of a scan, and what it took."""
        took = run(self.command("detect", model, *options))
        return json.loads(self.report.read_text(encoding="utf-8")), took

    def removed(self, model, ids):
        """The values of the weights, the mean NLL, and its rise when all are removed, on token ids in fp32."""
        self.ids.write_text(json.dumps(ids), encoding="utf-8")
        weights = [part for name in SET for part in ("--weight", name)]
        on = ["--token-ids", str(self.ids), "--precision", "fp32", "--controls", "0", "--only", "remove"]
        run(self.command("ablate", model, *on, *weights))
        report = json.loads(self.report.read_text(encoding="utf-8"))
        (together,) = [variant for variant in report["variants"] if variant["name"] == "remove-all"]
        values = [weight["value"] for weight in report["weights"]]
        return values, report["baseline"]["meanNll"], together["effect"]["meanNllRise"]["value"]

    def command(self, name, model, *options):
        return [self.program, name, str(model), *options, *self.threads, "--quiet", "--report", str(self.report)]


def found(report):
    """What a scan says of the set: its place among the sets and its verdict; or which sets it has instead."""
    sets = report["sets"]
    for place, one in enumerate(sets, 1):
        if sorted(map(short, one["members"])) == SET:
            return f"{place} of {len(sets)}, {one['verdict']}", ratio(one["effect"])
    instead = "; ".join(" and ".join(map(short, one["members"])) for one in sets) or "no set"
    return f"no: {instead}", ""


def short(name):
    """model.layers.11.mlp.down_proj.weight[507, 1229] -> 11:507:1229; of a GGUF file blk.11.ffn_down.weight[507, 1229]"""
    tensor, place = name.rstrip("]").split("[")
    (layer,) = [part for part in tensor.split(".") if part.isdecimal()]
    return ":".join([layer, *place.split(", ")])


def ratio(effect):
    return f"x{effect['perplexityRatio']:,.4g}" if effect["perplexityRatio"] is not None else "x infinity"


def by_transformers(model, ids):
    model = EditedModel(model)
    changes = [Change.of(name) for name in SET]
    nll, ((rise, _),) = effects(model, ids, [changes])
    return [model.value(change) for change in changes], nll, rise


def make(name, original, path):
    if not path.exists():
        run([sys.executable, str(HERE / "requantize.py"), name, str(original), str(path)])


def row(cells):
    print(f"| {' | '.join(cells)} |", flush=True)


def compare(given, scanner, paths):
    report, _ = scanner.detect(given.original)
    _, stand = found(report)
    ids = json.loads(REFERENCE.read_text(encoding="utf-8"))["inputIds"]
    values, nll, rise = scanner.removed(given.original, ids)
    same = by_transformers(load(given.original, torch.float32), ids)
    row(["format", "found", "perplexity", "mean NLL", "rise, swscan", "rise, transformers", "differ by", "weights"])
    row(["---"] * 8)
    row(["as it was", *found(report), f"{nll:.4f}", *rises(rise, same[2]), told(values, same[0])])
    for name, path in paths.items():
        title = FORMATS[name].title
        try:
            make(name, given.original, path)
            place, now = found(scanner.detect(path)[0])
            values, nll, rise = scanner.removed(path, ids)
            same = by_transformers(stored_model(name, path, given.original), ids)
        except Failure as e:
            row([title, str(e), *[""] * 6])
            continue
        if abs(nll - same[1]) > given.tolerance or abs(rise - same[2]) > given.tolerance:
            place += f", WRONG: mean NLL {nll:.6f} and {same[1]:.6f}"
        row([title, place, f"{now} ({stand})", f"{nll:.4f}", *rises(rise, same[2]), told(values, same[0])])


def rises(swscan, transformers):
    return f"{swscan:.4f}", f"{transformers:.4f}", f"{abs(swscan - transformers):.1e}"


def told(values, same):
    """Both weights; where transformers has others, these too."""
    mine, other = (", ".join(f"{value:.9g}" for value in both) for both in (values, same))
    return mine if mine == other else f"{mine}, transformers {other}"


def measure(given, scanner, paths):
    scanner.detect(given.original, "--precision", "fp32")  # the first one finds nothing in memory
    row(["format", "precision", "CPU s", "wall s", "plain CPU s", "CPU / plain"])
    row(["---"] * 6)
    pairs = {name: [] for name in paths}
    for _ in range(given.times):
        for name, path in paths.items():
            _, plain = scanner.detect(given.original, "--precision", "fp32")
            report, took = scanner.detect(path, *given.precision)
            pairs[name].append((plain, took, report["run"]["precision"]))
    for name, of_format in pairs.items():
        ratios = sorted(took[0] / plain[0] for plain, took, _ in of_format)
        seconds = [statistics.median(of_pair) for of_pair in zip(*(took + plain[:1] for plain, took, _ in of_format))]
        shown = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        row([FORMATS[name].title, of_format[0][2], *(f"{number:.1f}" for number in seconds), shown])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("original", metavar="FOLDER", type=pathlib.Path, help="SmolLM2-135M-Instruct")
    arguments.add_argument("cache", metavar="CACHE", type=pathlib.Path, help="the folder that checkpoints are kept in")
    arguments.add_argument("--formats", metavar="FORMAT", nargs="+", choices=FORMATS, default=list(FORMATS))
    arguments.add_argument("--swscan", metavar="PROGRAM", default=str(HERE.parent / "swscan"))
    arguments.add_argument("--threads", metavar="N", type=int, default=1, help="of each program (default: 1)")
    arguments.add_argument("--tolerance", metavar="X", type=float, default=1e-4, help="nats (default: 0.0001)")
    arguments.add_argument("--times", metavar="N", type=int, help="only measure time, by so many pairs")
    arguments.add_argument("--precision", metavar="P", help="with --times, that of the formats (default: swscan's)")
    given = arguments.parse_args()
    torch.set_num_threads(given.threads)
    given.precision = ["--precision", given.precision] if given.precision else []
    given.cache.mkdir(parents=True, exist_ok=True)
    paths = {name: given.cache / (name + FORMATS[name].suffix) for name in given.formats}
    with tempfile.TemporaryDirectory(prefix="swscan-quantized.") as folder:
        scanner = Scanner(given.swscan, given.threads, pathlib.Path(folder))
        (measure if given.times else compare)(given, scanner, paths)


if __name__ == "__main__":
    main()
