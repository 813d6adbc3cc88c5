"""Step 4: the numbers of models-sample/README.md for one model: detection, then ablations.

Detection zeroes the most prominent candidate and runs again until no spike is left. The first
candidate (or the weight given with --coordinate) is then removed, restored, scaled and compared
with other weights. Ratios are perplexities divided by the perplexity of the unchanged model.
"""

import argparse
import contextlib
import math
import os

import numpy as np

from bpe import Tokenizer
from forward import Model

SCALES = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
OTHER_WEIGHTS = (1, 10, 100, 1000, 7000)
PROMPT_TOKENS = 48
BATCH = 16


def windows(tokens, context, count, start_token=True):
    """Sequences of `context` ids from the beginning of the text, each (if asked) opened by <s>."""
    body = context - 1 if start_token else context
    begins = list(range(0, len(tokens) - body, context - 1))[:count]
    if not begins:
        raise SystemExit(f"the text is too short: {len(tokens)} tokens, {body + 1} are needed")
    rows = np.stack([tokens[at : at + body] for at in begins])
    if start_token:
        rows = np.concatenate([np.zeros((len(rows), 1), dtype=np.int64), rows], axis=1)
    return rows


def perplexity(model, ids, look=None, after_layer=None):
    """Returns perplexity and share of tokens predicted right.

    The first token of the text in each window is not scored: nothing but <s> precedes it.
    """
    total, right, scored = 0.0, 0, 0
    for at in range(0, len(ids), BATCH):
        batch = ids[at : at + BATCH]
        logits = model.forward(batch, look, after_layer)[:, 1:-1]
        targets = batch[:, 2:]
        top = logits.max(-1)
        chosen = np.take_along_axis(logits, targets[..., None], -1)[..., 0]
        losses = np.log(np.exp(logits - top[..., None]).sum(-1)) + top - chosen
        total += losses.sum(dtype=np.float64)
        right += (logits.argmax(-1) == targets).sum()
        scored += targets.size
    return math.exp(min(total / scored, 80)), right / scored


@contextlib.contextmanager
def changed(array, index, value):
    """Sets array[index] for the duration of a with block."""
    before = array[index].copy()
    array[index] = value
    try:
        yield
    finally:
        array[index] = before


def peaks(model, prompt):
    """Largest entries going into and out of every down projection, for one prompt."""
    found = []

    def look(layer, x, y):
        entry = {"layer": layer}
        for name, values in (("in", x[0]), ("out", y[0])):
            sizes = np.abs(values)
            position, channel = np.unravel_index(sizes.argmax(), sizes.shape)
            entry[name] = {
                "value": float(values[position, channel]),
                "position": int(position),
                "channel": int(channel),
                "usual": float(np.median(sizes.max(1))),
            }
        found.append(entry)

    model.forward(prompt[None], look=look)
    return found


def prominence(peak):
    """How far both peaks stand out from what is usual; 0 unless they are at the same token."""
    if peak["in"]["position"] != peak["out"]["position"]:
        return 0.0
    return math.prod(abs(p["value"]) / max(p["usual"], 1e-6) for p in (peak["in"], peak["out"]))


def print_peaks(found):
    for peak in found:
        sides = "; ".join(
            "{} {value:9.2f} channel {channel:4d} position {position:3d} (usual {usual:6.2f})"
            .format(side, **peak[side]) for side in ("in", "out"))
        print(f"  layer {peak['layer']}: {sides}")


def detect(model, ids, base, limit):
    """Zero-and-run-again; prints each round and returns the coordinates found."""
    prompt, found = ids[0][:PROMPT_TOKENS], []
    with contextlib.ExitStack() as edits:
        for turn in range(limit):
            print(f"peaks with {turn} weights removed")
            table = peaks(model, prompt)
            print_peaks(table)
            best = max(table, key=prominence)
            if prominence(best) < 9:
                print("  no spike left")
                break
            layer, row, column = best["layer"], best["out"]["channel"], best["in"]["channel"]
            if (layer, row, column) in found:
                print("  the most prominent candidate is already removed")
                break
            weights = model.down_projection(layer)
            value = float(weights[row, column])
            share = value * best["in"]["value"] / best["out"]["value"]
            rank = int((np.abs(weights) > abs(value)).sum()) + 1
            edits.enter_context(changed(weights, (row, column), 0))
            now, accuracy = perplexity(model, ids)
            print(f"  candidate [{layer}, {row}, {column}] = {value:.4f}, contribution share "
                  f"{share:.2f}, number {rank} by size in its tensor; all so far removed: "
                  f"perplexity {now:.2f} (x{now / base:.3f}), accuracy {accuracy:.3f}")
            found.append((layer, row, column))
    return found


def restoration(model, layer, row, column, value, keep_peak):
    """Puts back, into the residual stream, what the removed weight wrote.

    With keep_peak only its largest entry in each sequence (the super activation), without it
    everything else. Returns a (look, after_layer) pair.
    """
    written = {}

    def look(at, x, _):
        if at == layer:
            written["product"] = value * x[..., column]

    def after_layer(at, hidden):
        if at == layer:
            product = written["product"]
            at_peak = np.zeros(product.shape, dtype=bool)
            at_peak[np.arange(len(product)), np.abs(product).argmax(1)] = True
            hidden[..., row] += np.where(at_peak == keep_peak, product, 0)

    return look, after_layer


def largest_linear_weights(model, count, skip):
    """(tensor name, flat index) of the largest weights of the linear layers, but for `skip`."""
    names = [n for n in model.weights if ".layers." in n and model.weights[n].ndim == 2]
    sizes = []
    for name in names:
        size = np.abs(model.weights[name]).ravel()
        if name == skip[0]:
            size[skip[1]] = -1
        sizes.append(size)
    every = np.concatenate(sizes)
    owner = np.repeat(np.arange(len(names)), [size.size for size in sizes])
    starts = np.cumsum([0] + [size.size for size in sizes])
    top = np.argpartition(-every, count)[:count]
    return [(names[owner[i]], int(i - starts[owner[i]])) for i in top]


def without_weights(model, chosen, ids):
    with contextlib.ExitStack() as edits:
        for name, index in chosen:
            edits.enter_context(changed(model.weights[name].reshape(-1), index, 0))
        return perplexity(model, ids)[0]


def ablate(model, tokens, ids, base, coordinate, draws, seed):
    layer, row, column = coordinate
    name = f"model.layers.{layer}.mlp.down_proj.weight"
    weights = model.weights[name]
    value = float(weights[row, column])
    cell = (row, column)
    flat = row * weights.shape[1] + column
    print(f"{name} [{row}, {column}] = {value}")

    def report(what, now, against=base):
        print(f"  {what}: perplexity {now:.2f} (x{now / against:.4f})")

    with changed(weights, cell, 0):
        now, accuracy = perplexity(model, ids)
        report(f"removed (accuracy {accuracy:.3f})", now)
        for keep_peak, what in ((True, "removed, super activation put back"),
                                (False, "removed, everything but the super activation put back")):
            look, after_layer = restoration(model, layer, row, column, value, keep_peak)
            report(what, perplexity(model, ids, look, after_layer)[0])
    for scale in SCALES:
        with changed(weights, cell, value * scale):
            report(f"scaled by {scale}", perplexity(model, ids)[0])
    with changed(weights, cell, -value):
        report("sign flipped", perplexity(model, ids)[0])

    for count in OTHER_WEIGHTS:
        chosen = largest_linear_weights(model, count, (name, flat))
        report(f"{count} largest other weights removed", without_weights(model, chosen, ids))
    sizes = np.abs(weights).ravel()
    sizes[flat] = -1
    chosen = [(name, int(i)) for i in np.argpartition(-sizes, 1000)[:1000]]
    report("1000 largest others of the same tensor removed", without_weights(model, chosen, ids))

    random, some = np.random.RandomState(seed), ids[:16]
    usual, worst = perplexity(model, some)[0], 0.0
    for _ in range(draws):
        other = random.randint(model.layers)
        tensor = f"model.layers.{other}.mlp.down_proj.weight"
        index = random.randint(model.weights[tensor].size)
        if (tensor, index) != (name, flat):
            worst = max(worst, without_weights(model, [(tensor, index)], some) / usual)
    print(f"  one random down projection weight removed, {draws} draws: at most x{worst:.5f}")

    bare = windows(tokens, model.context, 6, start_token=False)
    without_start = perplexity(model, bare)[0]
    with changed(weights, cell, 0):
        report(f"removed, text without <s> (there {without_start:.2f} with the weight)",
               perplexity(model, bare)[0], without_start)

    trace = []
    model.forward(ids[:1], after_layer=lambda _, hidden: trace.append(float(hidden[0, 0, row])))
    print(f"  residual channel {row} at position 0 after each layer:",
          " ".join(f"{entry:.1f}" for entry in trace))


def main():
    parser = argparse.ArgumentParser(description="Detect and ablate the super weight of a model.")
    parser.add_argument("model", metavar="MODEL",
                        help="folder in Hugging Face layout (see export.py)")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--valid", metavar="FILE", help="valid.npy that prepare.py wrote")
    source.add_argument("--text", metavar="FILE", help="any ASCII text, for the model's tokenizer")
    parser.add_argument("--windows", type=int, default=64, metavar="N",
                        help="sequences to measure on (default: %(default)s)")
    parser.add_argument("--coordinate", metavar="LAYER,ROW,COLUMN",
                        help="measure this weight instead of the first candidate")
    parser.add_argument("--candidates", type=int, default=5, metavar="N",
                        help="rounds of the detection (default: %(default)s)")
    parser.add_argument("--draws", type=int, default=40, metavar="N",
                        help="random weights to compare with (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the draws (default: %(default)s)")
    args = parser.parse_args()

    model = Model(args.model)
    if args.valid:
        tokens = np.load(args.valid).astype(np.int64)
    else:
        with open(args.text, encoding="ascii") as file:
            text = file.read()
        tokenizer = Tokenizer.read(os.path.join(args.model, "tokenizer.json"))
        tokens = np.array(tokenizer.encode(text), dtype=np.int64)
    ids = windows(tokens, model.context, args.windows)
    base, accuracy = perplexity(model, ids)
    print(f"{args.model}: perplexity {base:.3f}, accuracy {accuracy:.3f} on {len(ids)} windows")
    candidates = detect(model, ids, base, args.candidates)
    if args.coordinate:
        candidates.insert(0, tuple(int(part) for part in args.coordinate.split(",")))
    if candidates:
        ablate(model, tokens, ids, base, candidates[0], args.draws, args.seed)


if __name__ == "__main__":
    main()
