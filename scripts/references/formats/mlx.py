"""MLX: affine codes of 1 to 8 bits, MXFP4, MXFP8 and NVFP4, as mlx-lm quantizes and saves models; experts in stacks."""

import importlib.metadata
import json
import re
import shutil

import expected
import mlx.core as mx
import models
import numpy
import torch
from mlx_lm.utils import load_model, quantize_model, save_config, save_model

LIBRARY = f"mlx {importlib.metadata.version('mlx')} and mlx-lm {importlib.metadata.version('mlx-lm')}"

# What mixtral calls the maps of an expert; others call them as mlx-lm does.
MIXTRAL = {"gate_proj": "w1", "up_proj": "w3", "down_proj": "w2"}


def torched(array):
    return torch.from_numpy(numpy.array(array.astype(mx.float32)))


def dequantized(tensors, module, mode, size):
    """In float32, bits being those that the words have room for."""
    def widened(name):
        found = tensors.get(f"{module}.{name}")
        return found if found is None or found.dtype == mx.uint8 else found.astype(mx.float32)

    words, scales = tensors[f"{module}.weight"], widened("scales")
    bits = words.shape[-1] * 32 // (scales.shape[-1] * size)
    parts = {"biases": widened("biases")}
    if parts["biases"] is None:
        del parts["biases"]
    options = {"group_size": size, "bits": bits, "mode": mode, "dtype": mx.float32}
    shares = widened("global_scale")
    if shares is None:
        return torched(mx.dequantize(words, scales, **parts, **options))
    return torch.stack([
        torched(mx.dequantize(words[expert], scales[expert], global_scale=shares[expert], **options))
        for expert in range(words.shape[0])
    ])


def written(folder, plain, group_size=None, bits=None, mode="affine", global_scale=False, predicate=None):
    source = folder / "source"
    models.store(source, plain, plain.weights)
    described = json.loads((source / "config.json").read_text())
    names_of_transformers_4 = {"rope_theta": 10000.0, "num_experts": described.get("num_local_experts")}
    (source / "config.json").write_text(json.dumps(described | names_of_transformers_4))
    model, config = load_model(source)
    model, config = quantize_model(model, config, group_size, bits, mode, global_scale, quant_predicate=predicate)
    save_model(folder, model)
    save_config(config, folder / "config.json")
    shutil.rmtree(source)
    (folder / "model.safetensors.index.json").unlink()
    tensors, weights = mx.load(str(folder / "model.safetensors")), {}
    for name in tensors:
        module = name.removesuffix(".scales")
        if module == name:
            continue
        own = config["quantization"].get(module, True)
        own = config["quantization"] if own is True else own
        weight = dequantized(tensors, module, own.get("mode", "affine"), own["group_size"])
        if ".switch_mlp." in module:
            for expert, matrix in enumerate(weight):
                one = module.replace("switch_mlp.", f"experts.{expert}.")
                if "block_sparse_moe" in one:
                    one = re.sub(r"\w+_proj$", lambda found: MIXTRAL[found[0]], one)
                weights[f"{one}.weight"] = matrix
        else:
            weights[f"{module}.weight"] = weight
    return expected.Reference(
        plain, weights, f"{LIBRARY}, quantize_model and save_model", f"{LIBRARY}, mx.dequantize with scales widened to float32"
    )


def llama(seed, dtype=torch.bfloat16, **options):
    return lambda folder: written(folder, models.small_llama(dtype, seed), **options)


def by_module(path, module):
    """Other bits, groups and modes for some modules, and none for others."""
    if "v_proj" in path:
        return False
    if "down_proj" in path:
        return {"group_size": 32, "bits": 6}
    if "lm_head" in path:
        return {"group_size": 32, "bits": 8, "mode": "mxfp8"}
    if "o_proj" in path:
        return {"group_size": 16, "bits": 4, "mode": "nvfp4"}
    return True


CASES = {
    "mlx-1bit": llama(41, group_size=32, bits=1),
    "mlx-2bit": llama(41, group_size=32, bits=2),
    "mlx-3bit": llama(42, group_size=64, bits=3),
    "mlx-5bit": llama(43, group_size=32, bits=5, dtype=torch.float16),
    "mlx-6bit": llama(44, group_size=64, bits=6, dtype=torch.float32),
    "mlx-8bit": llama(45, group_size=64, bits=8),
    "mlx-nvfp4": llama(46, mode="nvfp4"),
    "mlx-mxfp8": llama(47, mode="mxfp8"),
    "mlx-mxfp4-fp16": llama(47, mode="mxfp4", dtype=torch.float16),
    "mlx-mixed": llama(48, group_size=64, bits=4, predicate=by_module),
    "mlx-qwen3moe-4bit": lambda folder: written(folder, models.qwen3_moe(seed=49), group_size=32, bits=4),
    "mlx-qwen3moe-nvfp4": lambda folder: written(folder, models.qwen3_moe(seed=50), mode="nvfp4", global_scale=True),
    "mlx-mixtral": lambda folder: written(folder, models.mixtral(torch.bfloat16, 52), group_size=32, bits=3),
    "mlx-qwen3moe-mixed": lambda folder: written(
        folder, models.qwen3_moe(seed=51), group_size=64, bits=4,
        predicate=lambda path, module: {"group_size": 32, "bits": 8} if "switch_mlp.down" in path else True,
    ),
}  # fmt: skip
