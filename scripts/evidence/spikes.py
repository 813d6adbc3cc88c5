"""Which weights of the down projections make the largest part of the residual stream."""

import dataclasses

import torch

from edited_model import Change


@dataclasses.dataclass(frozen=True)
class Contribution:
    """A weight, and what it adds to the residual stream |h| at the token where this is the largest part of it.

    share: contribution / |h(t)|, h(t) the residual vector after the layer
    balanced: the largest contribution / sqrt(|h(t)| median |h|), which vectors that are short do not lift as much
    """

    name: str
    value: float
    contribution: float
    share: float
    balanced: float


@torch.no_grad()
def contributions(model, sequences, names):
    """Of named weights, LAYER:ROW:COLUMN."""
    added, norms = added_by_inputs(model, sequences)
    found = []
    for name in names:
        weight = Change.of(name)
        per_input = model.down(weight.layer).weight[weight.index].abs() * row_factors(model, weight.layer)[weight.row]
        by_token = per_input * added[weight.layer][:, weight.column]
        share, token = (by_token / norms[weight.layer]).max(0)
        found.append(
            Contribution(
                name,
                model.value(weight),
                by_token[token].item(),
                share.item(),
                (by_token / balance(norms[weight.layer])).max().item(),
            )
        )
    return found


@torch.no_grad()
def largest(model, sequences, count):
    """The weights of largest share, and those of largest balanced contribution: so many each, those of both once."""
    added, norms = added_by_inputs(model, sequences)
    names = []
    for divisor in (lambda norm: norm, balance):
        ranked = []
        for layer in range(len(model.layers)):
            per_input = (added[layer] / divisor(norms[layer])[:, None]).max(0).values  # [intermediate]
            parts = model.down(layer).weight.abs() * row_factors(model, layer)[:, None] * per_input
            top = parts.flatten().topk(count)
            for part, at in zip(top.values.tolist(), top.indices.tolist()):
                ranked.append((part, "{}:{}:{}".format(layer, *divmod(at, parts.shape[1]))))
        names += [name for _, name in sorted(ranked, reverse=True)[:count]]
    return list(dict.fromkeys(names))


def balance(norms):
    return (norms * norms.median()).sqrt()


def added_by_inputs(model, sequences):
    """Of each layer: what a weight of 1 adds to the stream, per token and input, [tokens, intermediate]; and |h(t)|."""
    added, norms = [[] for _ in model.layers], [[] for _ in model.layers]

    def see(layer, x, y):
        norm = model.post_norm(layer)
        scale = 1 if norm is None else (y[0].pow(2).mean(-1, keepdim=True) + norm.eps).rsqrt()
        added[layer].append(x[0].abs() * scale)

    handles = [
        layer.register_forward_hook(
            lambda _, args, out, at=at: norms[at].append((out[0] if isinstance(out, tuple) else out)[0].norm(dim=-1))
        )
        for at, layer in enumerate(model.layers)
    ]
    try:
        with model.seen(see):
            for ids in sequences:
                model.model.model(torch.tensor([ids]), use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    return [torch.cat(parts) for parts in added], [torch.cat(parts) for parts in norms]


def row_factors(model, layer):
    """What each channel is multiplied by before it is added: the weights of the norm that follows, else 1. [hidden]"""
    norm = model.post_norm(layer)
    return torch.ones(model.down(layer).weight.shape[0]) if norm is None else (1 + norm.weight).abs()
