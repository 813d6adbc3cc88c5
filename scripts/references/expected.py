"""The numbers that a quantized checkpoint has to give: those of transformers, in float32, on the weights it stands for."""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import torch
import transformers
from models import LENGTH, Plain, family
from safetensors.torch import save_file

ARITHMETIC = "float32 on the CPU, eager attention; scales widened to float32, nothing rounded to 16 bits"


@dataclass(frozen=True)
class Reference:
    """What a format's module hands back of the folder that it wrote.

    dequantized: weights by their plain names, float32, in the shape that the plain checkpoint has them in; those that
    are missing here are stored plain. verified_by: the library, its version and function that gave the same.
    """

    plain: Plain
    dequantized: dict = field(repr=False)
    writer: str
    verified_by: str
    note: str = ""


def require_equal(ours, theirs, rounded_to=torch.float32):
    """That a library gives the same, where it has no larger type than one of 16 bits after rounding to that type."""
    if not torch.equal(ours.to(rounded_to), theirs.to(rounded_to)):
        difference = (ours.float() - theirs.float()).abs().max().item()
        raise AssertionError(f"the library gives other numbers: they differ by {difference}")


def write(folder, reference):
    numbers = of(reference)
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in numbers.items())
    (folder / "expected.json").write_text("{\n" + lines + "\n}\n")


def of(reference):
    plain = reference.plain
    weights = {name: weight.float() for name, weight in plain.weights.items()}
    for name, weight in reference.dequantized.items():
        if weights[name].shape != weight.shape or weight.dtype != torch.float32:
            raise AssertionError(f"{name}: {weight.dtype} {weight.shape} for {weights[name].shape}")
        weights[name] = weight
    planted, parts = plain.planted, family(plain.config)
    at = element(parts, planted)
    zeroed = weights | {planted["weight"]: weights[planted["weight"]].clone()}
    zeroed[planted["weight"]][at] = 0
    entropy, peaks = run(plain, weights)
    return {
        "model_type": plain.config.model_type,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "checkpoint_dtype": str(plain.dtype).removeprefix("torch."),
        "writer": reference.writer,
        "verified_by": reference.verified_by,
        "note": reference.note,
        "compute": ARITHMETIC,
        "input_ids": plain.input_ids,
        "mean_cross_entropy": entropy,
        "planted": planted
        | {
            "value_after_dequantization": weights[planted["weight"]][at].item(),
            "mean_cross_entropy_when_zeroed": run(plain, zeroed)[0],
        },
        "down_projections": peaks,
        "dequantized": {name: summary(weight) for name, weight in sorted(reference.dequantized.items())},
    }


def element(parts, planted):
    """The index of the planted weight; row and column are those of [out, in]."""
    place = (planted["row"], planted["column"])
    place = place[::-1] if parts.transposed else place
    return (planted["expert"], *place) if parts.experts and not parts.stored else place


def summary(weight):
    flat = weight.flatten()
    return {
        "shape": list(weight.shape),
        "first4": flat[:4].tolist(),
        "last2": flat[-2:].tolist(),
        "sum": flat.double().sum().item(),
        "sum_abs": flat.double().abs().sum().item(),
    }


def run(plain, weights):
    """The mean negative log-likelihood in nats, and the peaks of all down projections."""
    with tempfile.TemporaryDirectory() as folder:
        config = type(plain.config).from_dict(plain.config.to_dict() | {"dtype": "float32"})
        config.save_pretrained(folder)
        tensors = {name: weight.contiguous() for name, weight in weights.items()}
        save_file(tensors, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        ).eval()
    parts, peaks = family(plain.config), []
    for layer in range(plain.config.num_hidden_layers):
        watch(model, parts, layer, peaks)
    ids = torch.tensor(plain.input_ids)
    with torch.no_grad():
        logits = model(ids, use_cache=False).logits.double()
    losses = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    return losses.item(), peaks


def watch(model, parts, layer, peaks):
    """Has the peaks of a layer's down projections noted when they are multiplied with."""
    key = f"{parts.mlp.format(layer)}.{parts.down}"

    def note(inputs, output, rows=slice(None), **expert):
        place = {"layer": layer, "weight_key": key} | expert
        peaks.append(place | {"input": peak(inputs, rows), "output": peak(output, rows)})

    if not parts.experts:
        module = model.get_submodule(key.removesuffix(".weight"))
        module.register_forward_hook(lambda module, inputs, output: note(inputs[0].flatten(0, -2), output.flatten(0, -2)))
        return

    def through(hidden, module, name, expert):
        weight = getattr(module, name)[expert]
        bias = getattr(module, f"{name}_bias")[expert] if hasattr(module, f"{name}_bias") else 0
        return hidden @ (weight if parts.transposed else weight.T) + bias

    def through_experts(module, inputs, keywords):
        hidden, chosen = inputs[0].reshape(-1, inputs[0].shape[-1]), inputs[1]
        for expert in range(module.num_experts):
            rows = (chosen == expert).any(-1).nonzero().flatten()
            gated = module._apply_gate(through(hidden[rows], module, "gate_up_proj", expert))
            note(gated, through(gated, module, "down_proj", expert), rows, expert=expert)

    experts = model.get_submodule(key.rpartition(".")[0])
    experts.register_forward_pre_hook(through_experts, with_kwargs=True)


def peak(activations, rows):
    """The entry of largest magnitude of [tokens, channel]; rows: which tokens of all these are."""
    largest = activations.abs().flatten().topk(2)
    if largest.values[0] - largest.values[1] < 1e-4 * largest.values[0]:
        raise AssertionError("two entries are nearly the largest: take another seed")
    row, channel = divmod(largest.indices[0].item(), activations.shape[-1])
    token = row if isinstance(rows, slice) else rows[row].item()
    return {
        "value": activations[row, channel].item(),
        "batch": token // LENGTH,
        "position": token % LENGTH,
        "channel": channel,
    }
