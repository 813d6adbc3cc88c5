"""ModelOpt: floating-point numbers of 4 and 8 bits, integers of 4 and 8 bits, with factors of inputs that AWQ leaves."""

import copy
import importlib.metadata
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import expected
import models
import modelopt.torch.quantization as mtq
import torch
import transformers
from modelopt.torch.export import export_hf_checkpoint
from modelopt.torch.export.quant_utils import from_quantized_weight, pack_int4_in_uint8
from modelopt.torch.quantization.qtensor import FP8QTensor, MXFP4QTensor, NVFP4QTensor
from modelopt.torch.quantization.qtensor.mxfp8_tensor import MXFP8QTensor
from safetensors.torch import load_file

LIBRARY = f"nvidia-modelopt {importlib.metadata.version('nvidia-modelopt')}"


def written(folder, seed, settings, dtype=torch.bfloat16, beside=False):
    """beside: config.json says nothing, as exports of older versions do not, and hf_quant_config.json all."""
    plain = models.small_llama(dtype, seed)
    with tempfile.TemporaryDirectory() as source:
        models.store(Path(source), plain, plain.weights)
        model = transformers.AutoModelForCausalLM.from_pretrained(source, dtype=dtype)
    ids = torch.tensor(plain.input_ids)
    model = mtq.quantize(model, settings, lambda calibrated: calibrated(ids))
    export_hf_checkpoint(model, dtype, folder)
    if beside:
        config = json.loads((folder / "config.json").read_text())
        del config["quantization_config"]
        (folder / "config.json").write_text(json.dumps(config, indent=2))
    stored = load_file(folder / "model.safetensors")
    weights, dequantized = {}, {}
    for name in plain.weights:
        module = name.removesuffix("weight")
        if f"{module}weight_scale" in stored:
            dequantized[name] = weight(stored, module)
            weights[name] = plain.weights[name]
        else:
            weights[name] = stored[name]  # norms have taken factors in
    return expected.Reference(
        replace(plain, weights=weights),
        dequantized,
        f"{LIBRARY}, quantize and export_hf_checkpoint",
        f"{LIBRARY}, its tensors' dequantize in float32",
        "columns are multiplied with pre_quant_scale" if any("pre_quant" in name for name in stored) else "",
    )


def weight(stored, module):
    codes, scale = stored[f"{module}weight"], stored[f"{module}weight_scale"]
    found = decoded(codes, scale, stored.get(f"{module}weight_scale_2"))
    factors = stored.get(f"{module}pre_quant_scale")
    return found if factors is None else found * factors.float()


def decoded(codes, scale, second):
    shape = codes.shape
    if codes.dtype == torch.int8:
        return from_quantized_weight(codes, scale, "int8_sq", torch.float32)
    if codes.dtype == torch.uint8 and scale.dtype == torch.float32:
        return integers(codes, scale)
    if codes.dtype == torch.uint8:
        shape = torch.Size((shape[0], 2 * shape[1]))
        size = shape[1] // scale.shape[1]
        if scale.dtype == torch.uint8:
            tensor = MXFP4QTensor(shape, torch.float32, codes)
            return tensor.dequantize(torch.float32, scale=scale, block_sizes={-1: size})
        tensor = NVFP4QTensor(shape, torch.float32, codes)
        return tensor.dequantize(torch.float32, scale=scale, double_scale=second, block_sizes={-1: size})
    if scale.dtype == torch.uint8:
        return MXFP8QTensor(shape, torch.float32, codes).dequantize(torch.float32, scale=scale)
    if scale.dim() == 4:
        scale = scale[:, 0, :, 0]
        blocks = {-1: shape[1] // scale.shape[1], -2: shape[0] // scale.shape[0]}
        return FP8QTensor(shape, torch.float32, codes).dequantize(torch.float32, scale=scale, block_sizes=blocks)
    scale = scale[:, None] if scale.dim() == 1 else scale
    return FP8QTensor(shape, torch.float32, codes).dequantize(torch.float32, scale=scale)


def integers(codes, scale):
    """There is no code of the library that reads them: the one that packs them is held to what is read."""
    halves = torch.stack((codes & 15, codes >> 4), 1).flatten(0, 1).to(torch.int8)
    signed = torch.where(halves > 7, halves - 16, halves).float()
    size = signed.shape[1] // scale.shape[1]
    found = signed * scale.float().repeat_interleave(size, 1)
    expected.require_equal(codes, pack_int4_in_uint8(found, scale.float(), size), torch.uint8)
    return found


def sized(settings, size):
    """With other groups of weights."""
    settings = copy.deepcopy(settings)
    for quantizer in settings["quant_cfg"]:
        configs = quantizer.get("cfg", [])
        for config in configs if isinstance(configs, list) else [configs]:
            sizes = config.get("block_sizes", {})
            for axis in (-1, -2):
                if axis in sizes:
                    sizes[axis] = size
    return settings


def mixed():
    fp4 = {"num_bits": (2, 1), "block_sizes": {-1: 16, "type": "dynamic", "scale_bits": (4, 3)}}
    fp8 = {"num_bits": (4, 3), "axis": None}
    return {
        "quant_cfg": [
            {"quantizer_name": "*", "enable": False},
            {"quantizer_name": "*mlp*weight_quantizer", "cfg": fp4},
            {"quantizer_name": "*mlp*input_quantizer", "cfg": fp4},
            {"quantizer_name": "*self_attn*_proj*weight_quantizer", "cfg": fp8},
            {"quantizer_name": "*self_attn*_proj*input_quantizer", "cfg": fp8},
            {"quantizer_name": "*v_proj*", "enable": False},
            {"quantizer_name": "*layers.0.mlp.down_proj*", "enable": False},
        ],
        "algorithm": "max",
    }


def case(seed, settings, **more):
    return lambda folder: written(folder, seed, settings(), **more)


CASES = {
    "modelopt-int8": case(81, lambda: mtq.INT8_WEIGHT_ONLY_CFG),
    "modelopt-int8-smoothed": case(82, lambda: mtq.INT8_SMOOTHQUANT_CFG),
    "modelopt-int4": case(83, lambda: sized(mtq.INT4_BLOCKWISE_WEIGHT_ONLY_CFG, 32)),
    "modelopt-int4-awq": case(84, lambda: sized(mtq.INT4_AWQ_CFG, 32)),
    "modelopt-w4a8-awq": case(85, lambda: sized(mtq.W4A8_AWQ_BETA_CFG, 64), dtype=torch.float16),
    "modelopt-fp8": case(86, lambda: mtq.FP8_DEFAULT_CFG),
    "modelopt-fp8-channel": case(87, lambda: mtq.FP8_PER_CHANNEL_PER_TOKEN_CFG),
    "modelopt-fp8-blocks": case(88, lambda: sized(mtq.FP8_2D_BLOCKWISE_WEIGHT_ONLY_CFG, 32)),
    "modelopt-mxfp8": case(89, lambda: mtq.MXFP8_DEFAULT_CFG),
    "modelopt-mxfp4": case(90, lambda: mtq.MXFP4_DEFAULT_CFG),
    "modelopt-nvfp4-weights": case(91, lambda: mtq.W4A16_NVFP4_CFG),
    "modelopt-w4a8-nvfp4": case(92, lambda: mtq.W4A8_NVFP4_FP8_CFG),
    "modelopt-w4a8-mxfp4": case(93, lambda: mtq.W4A8_MXFP4_FP8_CFG),
    "modelopt-mixed": case(94, mixed),
    "modelopt-nvfp4-beside": case(95, lambda: mtq.NVFP4_DEFAULT_CFG, beside=True),
    "modelopt-int4-beside": case(96, lambda: sized(mtq.INT4_AWQ_CFG, 64), beside=True),
}
