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
    return (planted["expert"], *place) if "expert" in planted else place


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
    parts, peaks, hooks = family(plain.config), [], []
    for layer in range(plain.config.num_hidden_layers):
        key = f"{parts.mlp.format(layer)}.{parts.down}"
        if key not in weights:
            continue  # a layer of experts, which have no peaks of their own
        module = model.get_submodule(key.removesuffix(".weight"))

        def note(module, inputs, output, layer=layer, key=key):
            peaks.append({"layer": layer, "input": peak(inputs[0]), "output": peak(output), "weight_key": key})

        hooks.append(module.register_forward_hook(note))
    ids = torch.tensor(plain.input_ids)
    with torch.no_grad():
        logits = model(ids, use_cache=False).logits.double()
    losses = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    return losses.item(), peaks


def peak(activations):
    """The entry of largest magnitude of [sequence, position, channel]."""
    flat = activations.reshape(-1, activations.shape[-1])
    largest = flat.abs().flatten().topk(2)
    if largest.values[0] - largest.values[1] < 1e-4 * largest.values[0]:
        raise AssertionError("two entries are nearly the largest: take another seed")
    row, channel = divmod(largest.indices[0].item(), flat.shape[-1])
    return {
        "value": flat[row, channel].item(),
        "batch": row // LENGTH,
        "position": row % LENGTH,
        "channel": channel,
    }
