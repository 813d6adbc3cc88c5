"""HQQ: codes of 8 to 1 bits, groups along either axis, with scales that may lie in one tensor with zero points."""

import importlib.metadata

import expected
import models
import torch
from hqq.core.quantize import BaseQuantizeConfig, HQQLinear

LIBRARY = f"hqq {importlib.metadata.version('hqq')}"


def written(folder, seed, together=False, dtype=torch.float16, head=False, **options):
    """together: zero points and scales are in one tensor, as the library has them that keeps them on the CPU."""
    plain = models.small_llama(dtype, seed)
    tensors, dequantized = dict(plain.weights), {}
    settings = BaseQuantizeConfig(**options)
    matrices = plain.linear() | ({"lm_head.weight": plain.weights["lm_head.weight"]} if head else {})
    for name, weight in matrices.items():
        linear = torch.nn.Linear(*weight.shape[::-1], bias=False, dtype=dtype)
        linear.weight.data = weight.clone()
        layer = HQQLinear(linear, settings, compute_dtype=dtype, device="cpu")
        if together:
            layer.meta["zero_scale"] = torch.stack((layer.meta.pop("zero"), layer.meta.pop("scale"))).to(dtype)
        del tensors[name]
        for key, tensor in layer.state_dict().items():
            if tensor is not None:
                tensors[f"{name.removesuffix('weight')}{key}"] = tensor
        dequantized[name] = widened(layer)
    quantization = {"quant_method": "hqq", "quant_config": settings, "skip_modules": [] if head else ["lm_head"]}
    models.store(folder, plain, tensors, quantization)
    return expected.Reference(
        plain,
        dequantized,
        f"{LIBRARY}, HQQLinear",
        f"{LIBRARY}, HQQLinear.dequantize with scale and zero widened to float32",
    )


def widened(layer):
    layer.meta["compute_dtype"] = torch.float32
    for key in ("scale", "zero", "zero_scale"):
        if key in layer.meta:
            layer.meta[key] = layer.meta[key].float()
    return layer.dequantize()


CASES = {
    "hqq-8bit-axis0": lambda folder: written(folder, 21, nbits=8, group_size=64, axis=0),
    "hqq-8bit-row": lambda folder: written(folder, 21, nbits=8, group_size=None, axis=1),
    "hqq-4bit-axis0": lambda folder: written(folder, 22, nbits=4, group_size=64, axis=0, head=True),
    "hqq-4bit-column": lambda folder: written(folder, 22, nbits=4, group_size=None, axis=0, dtype=torch.bfloat16),
    "hqq-4bit-float": lambda folder: written(
        folder, 23, nbits=4, group_size=32, axis=1, view_as_float=True, dtype=torch.bfloat16
    ),
    "hqq-4bit-together": lambda folder: written(folder, 24, together=True, nbits=4, group_size=64, axis=1),
    "hqq-3bit": lambda folder: written(folder, 25, nbits=3, group_size=64, axis=1),
    "hqq-3bit-axis0": lambda folder: written(folder, 26, nbits=3, group_size=64, axis=0, together=True),
    "hqq-3bit-float": lambda folder: written(folder, 26, nbits=3, group_size=16, axis=1, view_as_float=True),
    "hqq-2bit": lambda folder: written(folder, 27, nbits=2, group_size=16, axis=1),
    "hqq-2bit-axis0-float": lambda folder: written(folder, 28, nbits=2, group_size=16, axis=0, view_as_float=True, dtype=torch.float32),
    "hqq-1bit": lambda folder: written(folder, 29, nbits=1, group_size=8, axis=1),
    "hqq-6bit": lambda folder: written(folder, 30, nbits=6, group_size=64, axis=1),
    "hqq-1.58bit": lambda folder: written(folder, 31, nbits=1.58, group_size=8, axis=1),
}
