"""Computes the numbers that swscan's are compared with: what edits of a public model do, by transformers.

FILE, of src/core/src/test/resources/real-models, says what is measured: token ids, single weights, weights removed
together (joint), and weights whose sign is flipped. Its numbers are computed again and written in place of the old
ones. Every weight of joint and flipped is measured alone too.
"""

import argparse
import json
import pathlib

import torch
import transformers

from edited_model import Change, EditedModel, effects
from spikes import contributions, largest


def digits(number):
    """So many as tell all float32 numbers apart."""
    return float(f"{number:.9g}")


def measured(effect):
    rise, divergence = effect
    return {"meanNllRise": round(float(rise), 7), "klDivergence": round(float(divergence), 7)}


def compute(model, reference, choose):
    ids = reference["inputIds"]
    joint = [one["weights"] for one in reference["joint"]]
    flipped = [one["weights"] for one in reference["flipped"]]
    chosen = largest(model, ids, choose) if choose else [single["weight"] for single in reference["singles"]]
    members = [name for weights in joint + flipped for name in weights if "*" not in name]
    names = list(dict.fromkeys(chosen + members))
    edits = (
        [[Change.of(name)] for name in names]
        + [[Change.of(name) for name in weights] for weights in joint]
        + [[Change.of(name, -1) for name in weights] for weights in flipped]
    )
    mean_nll, found = effects(model, ids, edits)
    found = iter(found)
    singles = [
        {
            "weight": single.name,
            "value": digits(single.value),
            "contribution": digits(single.contribution),
            "share": round(single.share, 4),
            **measured(next(found)),
        }
        for single in contributions(model, ids, names)
    ]
    return {
        "model": reference["model"],
        "file": reference["file"],
        "computedBy": f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}, float32,"
        " logarithms in float64; scripts/evidence/reference.py",
        "inputIds": ids,
        "meanNll": round(float(mean_nll), 7),
        "singles": sorted(singles, key=lambda single: -single["meanNllRise"]),
        "joint": [{"weights": weights, **measured(next(found))} for weights in joint],
        "flipped": [{"weights": weights, **measured(next(found))} for weights in flipped],
    }


def text(value):
    """JSON with each element of a list on a line of its own."""
    fields = []
    for name, content in value.items():
        if isinstance(content, list):
            elements = ",\n    ".join(json.dumps(element) for element in content)
            fields.append(f"  {json.dumps(name)}: [\n    {elements}\n  ]")
        else:
            fields.append(f"  {json.dumps(name)}: {json.dumps(content)}")
    return "{\n" + ",\n".join(fields) + "\n}\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", metavar="MODEL", help="a GGUF file or a Hugging Face folder")
    arguments.add_argument("file", metavar="FILE", type=pathlib.Path)
    arguments.add_argument(
        "--choose",
        type=int,
        metavar="N",
        help="choose the single weights anew: N of largest share of the residual stream, N of largest balanced share",
    )
    given = arguments.parse_args()
    reference = json.loads(given.file.read_text(encoding="utf-8"))
    given.file.write_text(text(compute(EditedModel.load(given.model), reference, given.choose)), encoding="utf-8")


if __name__ == "__main__":
    main()
