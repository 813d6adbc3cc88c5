"""compressed-tensors: packed integers, integers of a byte each, 8-bit and packed floating-point numbers.

0.20.1 packs codes without gaps and 0.12.2 as many whole ones as a word has room for: both are to be run, one at a time.
"""

import re

import compressed_tensors
import expected
import models
import torch
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam

LIBRARY = f"compressed-tensors {compressed_tensors.__version__}"
OF_OLD = compressed_tensors.__version__.startswith("0.12.")


def extremes(weight, args):
    """The smallest and the largest weight that share a scale, in the shape that scales have."""
    if args.strategy == "tensor":
        return weight.min().reshape(1), weight.max().reshape(1)
    if args.strategy == "channel":
        return weight.amin(1, keepdim=True), weight.amax(1, keepdim=True)
    if args.strategy == "block":
        rows, columns = args.block_structure
        parts = [[block for block in row.split(columns, 1)] for row in weight.split(rows, 0)]
        return (torch.stack([torch.stack([of(block) for block in row]) for row in parts]) for of in (torch.min, torch.max))
    groups = weight.unflatten(1, (-1, args.group_size))
    return groups.amin(2), groups.amax(2)


def compressed(weight, scheme, order=None):
    """What the library stores of a module, and the weights in float32 that it makes of that."""
    args = scheme.weights
    state = {"weight": weight}
    if args.strategy == "tensor_group":
        state["weight_global_scale"] = generate_gparam(weight.min().float(), weight.max().float()).reshape(1)
    arranged = weight if order is None else weight[:, order.argsort(stable=True)]
    low, high = extremes(arranged.float(), args)
    scale, zero = calculate_qparams(low, high, args, global_scale=state.get("weight_global_scale"))
    state["weight_scale"] = scale if args.strategy == "tensor_group" or is_mx(args) else scale.to(weight.dtype)
    state["weight_zero_point"] = zero
    return old(state, args, order) if OF_OLD else new(state, scheme)


def is_mx(args):
    return args.type == "float" and args.group_size == 32 and args.scale_dtype == torch.uint8


def new(state, scheme):
    args = scheme.weights
    compressor = BaseCompressor.get_value_from_registry(str(getattr(scheme.format, "value", scheme.format)))
    stored = compressor.compress(dict(state), scheme)
    if args.type == "float" and args.num_bits < 8:
        from compressed_tensors.compressors.mx_utils import decompress_mx_scale
        from compressed_tensors.compressors.mxfp6.helpers import unpack_fp6_from_uint8
        from compressed_tensors.compressors.nvfp4.helpers import unpack_fp4_from_uint8
        from compressed_tensors.quantization.lifecycle.forward import dequantize

        unpack = unpack_fp4_from_uint8 if args.num_bits == 4 else unpack_fp6_from_uint8
        codes = unpack(stored["weight_packed"], *state["weight"].shape, dtype=torch.float32)
        scale = stored["weight_scale"]
        scale = decompress_mx_scale(scale) if scale.dtype == torch.uint8 else scale
        weight = dequantize(
            codes, scale.float(), args=args, global_scale=state.get("weight_global_scale"), dtype=torch.float32
        )
    else:
        scale = stored["weight_scale"]
        widened = scale if scale.dtype == torch.uint8 else scale.float()
        weight = compressor.decompress(stored | {"weight_scale": widened}, scheme)["weight"].float()
    return stored, weight


def old(state, args, order):
    from compressed_tensors.compressors.quantized_compressors.pack_quantized import (
        PackedQuantizationCompressor,
        unpack_from_int32,
    )
    from compressed_tensors.quantization.lifecycle.forward import dequantize

    scale, zero = state["weight_scale"], state["weight_zero_point"]
    stored = PackedQuantizationCompressor().compress_weight(state["weight"], scale, args, zero, order)
    stored["weight_scale"] = scale
    if order is not None:
        stored["weight_g_idx"] = order
    # It cannot read zero points that are packed, but unpack them.
    codes = unpack_from_int32(stored["weight_packed"], args.num_bits, state["weight"].shape)
    if args.symmetric:
        zero = None
    else:
        expected.require_equal(zero, unpack_from_int32(stored["weight_zero_point"], args.num_bits, zero.shape, packed_dim=0))
    return stored, dequantize(codes, scale.float(), zero_point=zero, args=args, g_idx=order)


def matches(name, targets, kind):
    module = name.removesuffix(".weight")
    return any(
        re.match(target[3:], module) if target.startswith("re:") else target in (module, kind) for target in targets
    )


def written(folder, groups, ignore=("lm_head",), model_format=None, plain=None, further=None, order=False):
    """Quantizes each module by the first group that has it as a target."""
    plain = plain or models.small_llama(torch.bfloat16, 11)
    schemes = {}
    for number, (options, targets, layout) in enumerate(groups):
        args = QuantizationArgs(**options)
        schemes[f"group_{number}"] = QuantizationScheme(targets=targets, weights=args, format=layout)
    tensors, dequantized = dict(plain.weights), {}
    generator = torch.Generator().manual_seed(5)
    for name, weight in plain.weights.items():
        kind = "Embedding" if "embed" in name else "Linear"
        if weight.dim() != 2 or matches(name, ignore, kind):
            continue
        exact = [scheme for scheme in schemes.values() if matches(name, scheme.targets, None)]
        found = exact or [scheme for scheme in schemes.values() if matches(name, scheme.targets, kind)]
        if found:
            size = found[0].weights.group_size
            groups_of_inputs = torch.arange(weight.shape[1], dtype=torch.int32) // size if order else None
            if order:
                groups_of_inputs = groups_of_inputs[torch.randperm(weight.shape[1], generator=generator)]
            stored, dequantized[name] = compressed(weight, found[0], groups_of_inputs)
            del tensors[name]
            tensors |= {f"{name.removesuffix('weight')}{part}": tensor for part, tensor in stored.items()}
    if further:
        tensors |= further
    formats = {layout for _, _, layout in groups}
    quantization = {
        "quant_method": "compressed-tensors",
        "version": compressed_tensors.__version__,
        "format": model_format or (formats.pop() if len(formats) == 1 else "mixed-precision"),
        "quantization_status": "compressed",
        "global_compression_ratio": None,
        "ignore": list(ignore),
        "kv_cache_scheme": None,
        "sparsity_config": {},
        "transform_config": {},
        "config_groups": {name: scheme.model_dump(mode="json") for name, scheme in schemes.items()},
    }
    models.store(folder, plain, tensors, quantization)
    return expected.Reference(
        plain,
        dequantized,
        f"{LIBRARY}, compress (scales by calculate_qparams, no calibration)",
        f"{LIBRARY}, decompress with scales widened to float32",
    )


def integers(bits, strategy="group", size=None, symmetric=True, **more):
    return dict(num_bits=bits, type="int", strategy=strategy, group_size=size, symmetric=symmetric) | more


def floats(bits, strategy, size=None, **more):
    return dict(num_bits=bits, type="float", strategy=strategy, group_size=size) | more


def one(options, layout, targets=("Linear",), **more):
    return lambda folder: written(folder, [(options, list(targets), layout)], **more)


NVFP4 = floats(4, "tensor_group", 16, scale_dtype=torch.float8_e4m3fn)
PACKED, BYTES, FLOAT = "pack-quantized", "int-quantized", "float-quantized"


def mixed(folder):
    plain = models.small_llama(torch.bfloat16, 12)
    further = {}
    for layer in range(2):
        attention = f"model.layers.{layer}.self_attn"
        for name in ("k_scale", "v_scale", "q_proj.input_scale", "k_proj.output_scale", "q_proj.input_global_scale"):
            further[f"{attention}.{name}"] = torch.tensor([0.25], dtype=torch.bfloat16)
    return written(
        folder,
        [
            (NVFP4, ["re:.*mlp.(gate|up)_proj$"], "nvfp4-pack-quantized"),
            (floats(8, "channel"), ["re:.*self_attn.(q|k|v)_proj"], FLOAT),
            (integers(7, size=64, symmetric=False), ["model.layers.1.mlp.down_proj"], PACKED),
            (integers(8, "channel"), ["Linear"], BYTES),
        ],
        ignore=("re:.*layers.0.mlp.down_proj", "lm_head"),
        plain=plain,
        further=further,
    )


NEW = {
    "ct-1bit": one(integers(1, size=32, symmetric=False), PACKED),
    "ct-2bit-asym": one(integers(2, size=32, symmetric=False), PACKED),
    "ct-3bit-g32": one(integers(3, size=32), PACKED),
    "ct-3bit-asym": one(integers(3, size=64, symmetric=False), PACKED),
    "ct-5bit-channel-asym": one(integers(5, "channel", symmetric=False), PACKED),
    "ct-6bit-tensor-asym": one(integers(6, "tensor", symmetric=False), PACKED),
    "ct-7bit-g64": one(integers(7, size=64, actorder="weight"), PACKED),
    "ct-8bit-block": one(integers(8, "block", block_structure=[48, 24], symmetric=False), PACKED),
    "ct-4bit-tensor": one(integers(4, "tensor"), PACKED),
    "ct-4bit-embedding": one(integers(4, size=32, actorder="static"), PACKED, targets=("Linear", "Embedding"), ignore=()),
    "ct-int4-asym": one(integers(4, size=32, symmetric=False), BYTES),
    "ct-int8-tensor-asym": one(integers(8, "tensor", symmetric=False), BYTES),
    "ct-int8-channel-asym": one(integers(8, "channel", symmetric=False), BYTES),
    "ct-int8-block": one(integers(8, "block", block_structure=[48, 40]), BYTES),
    "ct-naive-int8": one(integers(8, size=32), "naive-quantized"),
    "ct-naive-float": one(floats(8, "tensor"), "naive-quantized"),
    "ct-float-tensor": one(floats(8, "tensor"), FLOAT),
    "ct-float-channel": one(floats(8, "channel"), FLOAT),
    "ct-float-group": one(floats(8, "group", 32), FLOAT),
    "ct-float-block": one(floats(8, "block", block_structure=[32, 64]), FLOAT),
    "ct-nvfp4-all": one(NVFP4, "nvfp4-pack-quantized", targets=("Linear", "Embedding"), ignore=()),
    "ct-mxfp4-fp16": one(
        floats(4, "group", 32, scale_dtype=torch.uint8), "mxfp4-pack-quantized", plain=models.small_llama(torch.float16, 13)
    ),
    "ct-mxfp6": one(floats(6, "group", 32, scale_dtype=torch.uint8), "mxfp6-pack-quantized"),
    "ct-mxfp8": one(floats(8, "group", 32, scale_dtype=torch.uint8), "mxfp8-quantized"),
    "ct-mixed": mixed,
}
OLD = {
    "ct-old-3bit-asym": one(integers(3, size=32, symmetric=False), PACKED),
    "ct-old-5bit-channel": one(integers(5, "channel", symmetric=False), PACKED),
    "ct-old-6bit-actorder": one(integers(6, size=32, actorder="group"), PACKED, order=True),
    "ct-old-7bit": one(integers(7, size=64), PACKED),
    "ct-old-4bit-asym-actorder": one(integers(4, size=32, symmetric=False, actorder="group"), PACKED, order=True),
}
CASES = OLD if OF_OLD else NEW
