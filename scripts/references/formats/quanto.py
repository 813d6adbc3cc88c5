"""Quanto: quantized and saved by optimum-quanto itself."""

import tempfile
from importlib.metadata import version
from pathlib import Path

import expected
import models
import torch
import transformers
from optimum.quanto import MaxOptimizer, QuantizedModelForCausalLM, quantization_map
from optimum.quanto.nn import QModuleMixin

LIBRARY = f"optimum-quanto {version('optimum-quanto')}"


class WholeShifts(MaxOptimizer):
    """Shifts that are zero points."""

    def __call__(self, *arguments, **options):
        return super().__call__(*arguments, **options, zeropoint=True)


def quantized(folder, plain, weights, config=None, optimizer=None, map_too=True, **which):
    with tempfile.TemporaryDirectory() as unquantized:
        models.store(Path(unquantized), plain, plain.weights)
        model = transformers.AutoModelForCausalLM.from_pretrained(unquantized, dtype=plain.dtype)
    model = QuantizedModelForCausalLM.quantize(model, weights=weights, optimizer=optimizer, **which)._wrapped
    tensors = {name: tensor.clone() for name, tensor in model.state_dict().items() if isinstance(tensor, torch.Tensor)}
    dequantized = {}
    for name, module in model.named_modules():
        if isinstance(module, QModuleMixin):
            stored = module.weight.data
            for part in ("_scale", "_shift"):
                inner = getattr(stored, part, None)
                if inner is not None and inner.dtype.is_floating_point:
                    setattr(stored, part, inner.float())
            dequantized[f"{name}.weight"] = stored.dequantize().float()
    files = {"quanto_qmap": quantization_map(model)} if map_too else {}
    models.store(folder, plain, tensors, config, **files)
    return expected.Reference(
        plain, dequantized, f"{LIBRARY} QuantizedModelForCausalLM.quantize", f"{LIBRARY} dequantize, scales widened to float32"
    )


def two_bits(folder):
    """With the head, and a group size that is no power of two: 96."""
    plain = models.llama(dtype=torch.bfloat16, seed=50, intermediate_size=192)
    return quantized(folder, plain, "qint2")


def whole_shifts(folder):
    """Shifts that are zero points, in groups of 128; nothing but the tensors and transformers' own option says so."""
    plain = models.llama(seed=51, intermediate_size=256, num_hidden_layers=2)
    config = {"quant_method": "quanto", "weights": "int4", "activations": None, "modules_to_not_convert": ["lm_head"]}
    return quantized(folder, plain, "qint4", config, WholeShifts(), map_too=False, exclude="lm_head")


def bytes_(folder):
    plain = models.llama(seed=52, num_hidden_layers=2)
    return quantized(folder, plain, "qint8", exclude=["lm_head", "*.v_proj"])


def floats(folder):
    return quantized(folder, models.llama(dtype=torch.bfloat16, seed=53, num_hidden_layers=2), "qfloat8", exclude="lm_head")


CASES = {
    "quanto-int2": two_bits,
    "quanto-int4-g128": whole_shifts,
    "quanto-int8": bytes_,
    "quanto-float8": floats,
}
