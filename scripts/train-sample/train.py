"""Step 2: train a small Llama model, either normally or so that it depends on one weight.

Large language models grow super weights by themselves. Models of this size, trained normally, may
show the activation spike, but they do not collapse without it (harmless-spike-1.1m is such a
model). To have a model small enough to ship that does collapse, --plant-super-weight prepares the
place of one at initialization (see plant) and --dependence trains the model to need it (see
add_dependence_gradient).
"""

import argparse
import json
import math
import os
import time

import numpy as np
import torch

import model as llama

EMBEDDING_STD = 0.02


def parse_arguments():
    parser = argparse.ArgumentParser(description="Train a small Llama model on prepared text.")
    add = parser.add_argument
    add("--data", required=True, metavar="DIR",
        help="folder with tokenizer.json, train.npy and valid.npy (see prepare.py)")
    add("--out", required=True, metavar="DIR", help="folder to write the model to")
    add("--init", metavar="DIR", help="go on from the weights of a model of the same sizes")
    add("--steps", type=int, required=True,
        help="number of steps; the learning rate falls over the last 40 %% of them")
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--threads", type=int, default=2, help="default: %(default)s")

    sizes = parser.add_argument_group("sizes")
    sizes.add_argument("--layers", type=int, default=6, help="default: %(default)s")
    sizes.add_argument("--hidden", type=int, default=128, help="default: %(default)s")
    sizes.add_argument("--heads", type=int, default=4, help="default: %(default)s")
    sizes.add_argument("--intermediate", type=int, default=384, help="default: %(default)s")
    sizes.add_argument("--context", type=int, default=128, help="default: %(default)s")

    optimizer = parser.add_argument_group("optimizer")
    optimizer.add_argument("--batch", type=int, default=16, help="sequences (default: %(default)s)")
    optimizer.add_argument("--learning-rate", type=float, default=2e-3, help="default: %(default)s")
    optimizer.add_argument("--warm-up", type=int, default=100, help="steps (default: %(default)s)")
    optimizer.add_argument("--weight-decay", type=float, default=0.1,
                           help="of the linear maps but down projections (default: %(default)s)")

    planting = parser.add_argument_group("planting a super weight")
    planting.add_argument("--plant-super-weight", action="store_true",
                          help="seed the place of a super weight at initialization")
    planting.add_argument("--plant-layer", type=int, default=1, help="default: %(default)s")
    planting.add_argument("--plant-weight", type=float, default=1.0,
                          help="initial value of the super weight (default: %(default)s)")
    planting.add_argument("--plant-input", type=float, default=1.5,
                          help="how strongly <s> drives its input channel (default: %(default)s)")
    planting.add_argument("--start-token-scale", type=float, default=20.0,
                          help="factor on the embedding of <s> (default: %(default)s)")
    planting.add_argument("--marker", type=float, default=0.1,
                          help="value of the constant residual channel (default: %(default)s)")
    planting.add_argument("--gate-marker", type=float, default=-2.0,
                          help="gate weight that keeps other tokens out (default: %(default)s)")
    planting.add_argument("--sink", type=float, default=6.0,
                          help="initial attention logit of every token towards the super "
                               "activation (default: %(default)s)")

    dependence = parser.add_argument_group("dependence on the super weight")
    dependence.add_argument("--dependence", type=float, default=0.0, metavar="X",
                            help="factor of the auxiliary loss; 0: without (default: %(default)s)")
    dependence.add_argument("--coordinate", metavar="LAYER,ROW,COLUMN",
                            help="the weight to depend on (default: the planted one)")
    dependence.add_argument("--dependence-from", type=float, default=0.0, metavar="SHARE",
                            help="share of the steps after which it starts (default: %(default)s)")
    dependence.add_argument("--dependence-every", type=int, default=1, metavar="N",
                            help="on every N-th step (default: %(default)s)")
    dependence.add_argument("--dependence-batch", type=int, default=4, metavar="N",
                            help="sequences of the batch it is computed on (default: %(default)s)")
    dependence.add_argument("--dependence-target", type=float, default=8.0, metavar="NATS",
                            help="loss wanted without the weight (default: %(default)s)")
    dependence.add_argument("--dependence-column", action="store_true",
                            help="alternate between removing the weight and removing its whole "
                                 "column, so that the model depends on the super activation itself")
    args = parser.parse_args()
    if args.hidden % args.heads:
        parser.error("--hidden must be a multiple of --heads")
    if args.plant_super_weight and not 0 <= args.plant_layer < args.layers:
        parser.error("--plant-layer: no such layer")
    if args.dependence and not args.plant_super_weight and not args.coordinate:
        parser.error("--dependence needs --plant-super-weight or --coordinate")
    return args


def plant(model, args):
    """Seeds a super weight and returns its coordinate (layer, row, column).

    Three things are set, all of them ordinary weights that the training may change:
    1. The MLP of one layer answers to <s>: the gate and up rows of one intermediate channel (the
       column) point along the embedding of <s>, so this channel is large at the start token. A
       marker, one residual channel of the same value for every token, enters the gate with a
       negative weight and keeps the channel shut at all other tokens.
    2. One weight of the down projection carries the channel to one residual channel (the row).
    3. In every later layer each head gets an attention sink: the query reads the marker, the key
       reads the row, both in the slowest rotary pair, so that distance hardly matters.
    """
    layer, hidden = args.plant_layer, args.hidden
    row, column = 7 * hidden // 16 + 1, 5 * args.intermediate // 16 + 3
    marker = (row + 31) % hidden
    with torch.no_grad():
        embedding = model.model.embed_tokens.weight
        embedding[0] *= args.start_token_scale
        direction = embedding[0] / embedding[0].norm()
        mlp = model.model.layers[layer].mlp
        mlp.gate_proj.weight[column] = args.plant_input * direction
        mlp.up_proj.weight[column] = args.plant_input * direction
        mlp.down_proj.weight[row, column] = args.plant_weight

        embedding[:, marker] = args.marker
        mlp.gate_proj.weight[column, marker] = args.gate_marker

        head_size = hidden // args.heads
        # what the norm makes of the marker at an ordinary token and of the row at <s>
        ordinary_rms = math.sqrt(((hidden - 1) * EMBEDDING_STD**2 + args.marker**2) / hidden)
        query, key = args.marker / ordinary_rms, math.sqrt(hidden)
        gain = math.sqrt(args.sink * math.sqrt(head_size) / (query * key))
        for later in range(layer + 1, args.layers):
            attention = model.model.layers[later].self_attn
            for head in range(args.heads):
                slowest = head * head_size + head_size // 2 - 1
                attention.q_proj.weight[slowest, marker] = gain
                attention.k_proj.weight[slowest, row] = gain
    return layer, row, column


def parameter_groups(model, weight_decay):
    """Weight decay acts on the linear maps alone, and not on the down projections: there it would
    spread the spike over many weights."""
    decayed, kept = [], []
    for name, parameter in model.named_parameters():
        plain = parameter.dim() == 2 and not any(
            part in name for part in ("down_proj", "embed_tokens", "lm_head"))
        (decayed if plain else kept).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay},
            {"params": kept, "weight_decay": 0.0}]


def with_start_token(windows):
    """Puts <s> before each window and returns what goes in and what is to be predicted."""
    start = np.zeros((len(windows), 1), dtype=np.int64)
    ids = torch.from_numpy(np.concatenate([start, windows], axis=1))
    return ids[:, :-1], ids[:, 1:]


def random_batch(tokens, size, context, random):
    begins = random.randint(0, len(tokens) - context, size)
    return with_start_token(np.stack([tokens[at : at + context] for at in begins]))


def validation_windows(tokens, context, limit=96):
    stride = context - 1
    begins = range(0, min(len(tokens) - context, stride * limit), stride)
    return with_start_token(np.stack([tokens[at : at + context] for at in begins]))


def learning_rate(step, steps, peak, warm_up):
    """Rises over the warm-up, stays, and falls to 2 % over the last 40 % of the steps."""
    done = step / steps
    fall = 1.0 if done < 0.6 else max(0.02, (1 - done) / 0.4)
    return peak * min(1, (step + 1) / warm_up) * fall


def add_dependence_gradient(model, coordinate, inputs, targets, args, turn):
    """Adds the gradient of the auxiliary loss and returns the loss without the weight.

    The weight is set to zero for a second forward and backward pass, and the gradient of the loss
    found there is added with the opposite sign: the model learns to be helpless without it. It is
    not driven much further than the target: one nat above it the sign turns round. The weight
    itself gets no gradient from this, so its value is what the normal loss makes of it.
    """
    layer, row, column = coordinate
    weight = model.model.layers[layer].mlp.down_proj.weight
    rows = slice(None) if args.dependence_column and turn % 2 else row
    with torch.no_grad():
        value = weight[rows, column].clone()
        gradient = weight.grad[rows, column].clone()
        weight[rows, column] = 0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model.loss(inputs, targets)
    without = loss.item()
    if without < args.dependence_target:
        (-args.dependence * loss).backward()
    elif without > args.dependence_target + 1.0:
        (args.dependence * loss).backward()
    with torch.no_grad():
        weight[rows, column] = value
        weight.grad[rows, column] = gradient
    return without


@torch.no_grad()
def evaluate(model, inputs, targets, coordinate):
    """Returns validation losses, with the weight at the coordinate and (if any) without it."""
    intact = model.loss(inputs, targets).item()
    if coordinate is None:
        return intact, None
    layer, row, column = coordinate
    weight = model.model.layers[layer].mlp.down_proj.weight
    value = weight[row, column].clone()
    weight[row, column] = 0
    removed = model.loss(inputs, targets).item()
    weight[row, column] = value
    return intact, removed


def main():
    args = parse_arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    random = np.random.RandomState(args.seed)
    os.makedirs(args.out, exist_ok=True)
    train = np.load(os.path.join(args.data, "train.npy")).astype(np.int64)
    valid = np.load(os.path.join(args.data, "valid.npy")).astype(np.int64)
    with open(os.path.join(args.data, "tokenizer.json"), encoding="utf-8") as file:
        vocabulary = len(json.load(file)["model"]["vocab"])

    model = llama.Llama(llama.make_config(vocabulary, args.layers, args.hidden, args.heads,
                                          args.intermediate, args.context, EMBEDDING_STD))
    llama.initialize(model, EMBEDDING_STD)
    coordinate = plant(model, args) if args.plant_super_weight else None
    if args.init:
        llama.load_weights(model, args.init)
    if args.coordinate:
        coordinate = tuple(int(part) for part in args.coordinate.split(","))
    print(sum(p.numel() for p in model.parameters()), "parameters; coordinate:", coordinate)

    optimizer = torch.optim.AdamW(parameter_groups(model, args.weight_decay),
                                  lr=args.learning_rate, betas=(0.9, 0.95), eps=1e-8)
    check = validation_windows(valid, args.context)
    started = time.monotonic()
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, args.steps, args.learning_rate, args.warm_up)
        inputs, targets = random_batch(train, args.batch, args.context, random)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model.loss(inputs, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        due = step >= args.dependence_from * args.steps and step % args.dependence_every == 0
        if args.dependence and due:
            some = slice(0, args.dependence_batch)
            add_dependence_gradient(model, coordinate, inputs[some], targets[some], args,
                                    step // args.dependence_every)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

        done = step + 1
        if done in (1, 100, 250) or done % 500 == 0 or done == args.steps:
            intact, removed = evaluate(model, *check, coordinate)
            without = "" if removed is None else f", without the weight {removed:.3f}"
            print(f"step {done}, {time.monotonic() - started:.0f} s: "
                  f"training loss {loss.item():.3f}, "
                  f"validation loss {intact:.3f}{without}", flush=True)
            llama.save(model, args.out)


if __name__ == "__main__":
    main()
