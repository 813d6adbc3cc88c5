"""Measures what removing weights does on some texts, with confidence intervals and controls: tables of docs/evidence.md.

An EDIT names what is removed together, joined by +, each LAYER:ROW:COLUMN with * for a whole row or column. Texts are
cut into windows, each of which begins as the model's tokenizer begins a text. Windows differ far more than tokens do, so
intervals are taken over windows: the mean, and 95 % by Student's t. Controls remove other weights in the same form: each
weight replaced by one of the 50 of its tensor whose magnitude comes closest, outside the rows and columns of the edit, a
row by another row, a column by another column.
"""

import argparse
import math
import pathlib
import random
import statistics

import torch

from edited_model import Change, EditedModel

CLOSEST = 50

# Two-sided 95 % of Student's t, by degrees of freedom; the last one is less than 4 % above the normal distribution's.
STUDENT = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10]
STUDENT += [2.09, 2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04]


def windows_of(tokenizer, file, length, most):
    """The token ids of the first whole windows of a text."""
    start = tokenizer("", add_special_tokens=True)["input_ids"][:1]
    ids = tokenizer(file.read_text(encoding="utf-8"), add_special_tokens=False)["input_ids"]
    step = length - len(start)
    return [start + ids[at : at + step] for at in range(0, len(ids) - step + 1, step)][:most]


def control(model, edit, chance):
    """Another edit of the same form."""
    drawn = []
    for change in edit:
        weight = model.down(change.layer).weight.detach()
        taken = [other for other in edit + drawn if other.layer == change.layer]
        rows = [other.row for other in taken if other.row is not None]
        columns = [other.column for other in taken if other.column is not None]
        if change.row is None:
            row, column = None, other_than(columns, weight.shape[1], chance)
        elif change.column is None:
            row, column = other_than(rows, weight.shape[0], chance), None
        else:
            difference = (weight.abs() - weight[change.index].abs()).abs()
            difference[rows] = torch.inf
            difference[:, columns] = torch.inf
            closest = difference.flatten().topk(CLOSEST, largest=False).indices.tolist()
            row, column = divmod(chance.choice(closest), weight.shape[1])
        drawn.append(Change(change.layer, row, column))
    return drawn


def other_than(taken, size, chance):
    return chance.choice([at for at in range(size) if at not in taken])


def interval(values):
    """The mean, and how far the ends of its 95 % interval are from it."""
    spread = statistics.stdev(values) / math.sqrt(len(values))
    return statistics.fmean(values), STUDENT[min(len(values) - 1, len(STUDENT)) - 1] * spread


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", metavar="MODEL", help="a GGUF file or a Hugging Face folder")
    arguments.add_argument("edits", metavar="EDIT", nargs="+")
    arguments.add_argument("--text", metavar="FILE", nargs="+", type=pathlib.Path, required=True)
    arguments.add_argument("--window", metavar="N", type=int, default=256, help="tokens of a window (default: 256)")
    arguments.add_argument("--most", metavar="N", type=int, default=2, help="windows of one text (default: 2)")
    arguments.add_argument("--controls", metavar="N", type=int, default=3, help="of each edit (default: 3)")
    arguments.add_argument("--seed", metavar="N", type=int, default=0, help="of the choice of controls (default: 0)")
    given = arguments.parse_args()
    model, tokenizer = EditedModel.load(given.model), EditedModel.tokenizer(given.model)
    windows = [ids for file in given.text for ids in windows_of(tokenizer, file, given.window, given.most)]
    if len(windows) < 2:
        arguments.error("an interval needs two windows; the texts have fewer")
    chance = random.Random(given.seed)
    edits = [[Change.of(name) for name in edit.split("+")] for edit in given.edits]
    controls = [control(model, edit, chance) for edit in edits for _ in range(given.controls)]
    nll, rises = [], []  # by window; by window and edit
    for ids in windows:
        base, *edited = model.predictions(ids, edits + controls)
        nll.append(base.nll.mean())
        rises.append([(one.nll - base.nll).mean() for one in edited])
    by_edit = list(zip(*rises))
    print(f"{len(windows)} windows of {given.window} tokens, mean NLL {statistics.fmean(nll):.4f}\n")
    print("| removed | rise of the mean NLL | 95 % | of the windows | perplexity | controls: mean | largest |")
    print("|---|---|---|---|---|---|---|")
    for at, name in enumerate(given.edits):
        mean, half = interval(by_edit[at])
        of_controls = [
            statistics.fmean(of_windows)
            for of_windows in by_edit[len(edits) + at * given.controls :][: given.controls]
        ]
        told = (
            f"{statistics.fmean(of_controls):.4f} | {max(of_controls, key=abs):.4f}" if of_controls else " | "
        )
        print(
            f"| {name} | {mean:.3f} | {mean - half:.3f} to {mean + half:.3f}"
            f" | {min(by_edit[at]):.3f} to {max(by_edit[at]):.3f} | x{math.exp(mean):,.4g} | {told} |"
        )


if __name__ == "__main__":
    main()
