"""Stores a model as the libraries store it that quantize: the checkpoints of scripts/evidence/quantized.py.

FORMATS says of each format how a Hugging Face folder is written in it, and what the written weights stand for by that
library's own code, in float32: scales are widened before anything is multiplied. Each library is loaded only where it is
needed.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import sys
from typing import Callable

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("GPTQMODEL_CPU_WORKERS", "2")  # it needs two, and takes half of the cores

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file

TEXTS = pathlib.Path(__file__).parents[2] / "src/core/src/main/resources/io/github/swscan/text/builtin"
GROUP = 64  # inputs; 128 does not divide the 576 of SmolLM2-135M
SAMPLES, LENGTH = 8, 512  # of the text that calibrates


@dataclasses.dataclass(frozen=True)
class Format:
    """A library's format: write(original, target) makes a checkpoint; weights(path) are its matrices, by name."""

    title: str
    write: Callable[[pathlib.Path, pathlib.Path], None]
    weights: Callable[[pathlib.Path], dict[str, torch.Tensor]]
    suffix: str = ""  # of a file; without one it is a folder


# What several libraries need.


def load(original, dtype=torch.bfloat16, **options):
    return transformers.AutoModelForCausalLM.from_pretrained(original, dtype=dtype, device_map="cpu", **options).eval()


def calibration(original):
    """Sequences of token ids: the built-in text."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(TEXTS.glob("*.txt")))
    ids = transformers.AutoTokenizer.from_pretrained(original)(text)["input_ids"]
    return [ids[at : at + LENGTH] for at in range(0, len(ids) - LENGTH, LENGTH)][:SAMPLES]


def tensors(path):
    return load_file(path / "model.safetensors")


def modules(tensors, suffix):
    """The names of the modules that have a tensor of that name."""
    return [name.removesuffix(suffix) for name in tensors if name.endswith(suffix)]


def config(path):
    return json.loads((path / "config.json").read_text(encoding="utf-8"))


# bitsandbytes


def bits_and_bytes(**options):
    def write(original, target):
        load(original, quantization_config=transformers.BitsAndBytesConfig(**options)).save_pretrained(target)

    return write


def four_bit_weights(path):
    from bitsandbytes.functional import dequantize_4bit

    weights = {}
    for name, module in transformers.AutoModelForCausalLM.from_pretrained(path).named_modules():
        state = getattr(getattr(module, "weight", None), "quant_state", None)
        if state is not None:
            state.dtype = torch.float32
            weights[f"{name}.weight"] = dequantize_4bit(module.weight.data, state)
    return weights


def eight_bit_weights(path):
    from bitsandbytes.functional import int8_vectorwise_dequant

    stored = tensors(path)
    return {
        f"{name}.weight": int8_vectorwise_dequant(stored[f"{name}.weight"], stored[f"{name}.SCB"].float())
        for name in modules(stored, ".SCB")
    }


# HQQ


def hqq_model(original):
    from hqq.core.quantize import BaseQuantizeConfig
    from hqq.models.hf.base import AutoHQQHFModel

    model, options = load(original, torch.float16), BaseQuantizeConfig(nbits=4, group_size=GROUP, axis=1)
    AutoHQQHFModel.quantize_model(model, quant_config=options, compute_dtype=torch.float16, device="cpu")
    return model


def write_hqq(original, target):
    """As transformers 4 did; 5.24 cannot."""
    model = hqq_model(original)
    model.config.quantization_config = transformers.HqqConfig(nbits=4, group_size=GROUP).to_dict()
    model.save_pretrained(target)


def hqq_weights(path):
    from hqq.core.quantize import HQQLinear

    stored, weights = tensors(path), {}
    for name in modules(stored, ".W_q"):
        layer = HQQLinear(None, None, compute_dtype=torch.float32, device="cpu")
        own = {key.removeprefix(f"{name}."): value for key, value in stored.items() if key.startswith(f"{name}.")}
        layer.load_state_dict(own)
        weights[f"{name}.weight"] = widened_hqq(layer)
    return weights


def write_hqq_own(original, target):
    from hqq.models.hf.base import AutoHQQHFModel

    AutoHQQHFModel.save_quantized(hqq_model(original), str(target))


def hqq_own_weights(path):
    from hqq.models.hf.base import AutoHQQHFModel

    model = AutoHQQHFModel.from_quantized(str(path), compute_dtype=torch.float16, device="cpu")
    return {f"{name}.weight": widened_hqq(module) for name, module in model.named_modules() if hasattr(module, "W_q")}


def widened_hqq(layer):
    layer.meta.update(scale=layer.meta["scale"].float(), zero=layer.meta["zero"].float(), compute_dtype=torch.float32)
    return layer.dequantize()


# Quanto


def quanto(kind):
    def write(original, target):
        from optimum.quanto import QuantizedModelForCausalLM, qtypes

        QuantizedModelForCausalLM.quantize(load(original), weights=qtypes[kind]).save_pretrained(target)

    return write


def quanto_weights(path):
    from optimum.quanto import QuantizedModelForCausalLM

    stored, weights = tensors(path), {}
    model = QuantizedModelForCausalLM.from_pretrained(path)
    for name, module in model.named_modules():
        name = name.removeprefix("_wrapped.")
        if f"{name}.weight._scale" in stored:
            weights[f"{name}.weight"] = quanto_weight(module, f"{name}.weight.", stored)
    return weights


def quanto_weight(module, prefix, stored):
    from optimum.quanto import WeightQBitsTensor, WeightQBytesTensor

    widened = {key: value.float() if key.endswith(("_scale", "_shift")) else value for key, value in stored.items()}
    options = dict(qtype=module.weight_qtype, axis=0, size=module.weight.size(), stride=module.weight.stride())
    if f"{prefix}_shift" in stored:
        kind, options["group_size"] = WeightQBitsTensor, module.weight_group_size
    else:
        kind, options["activation_qtype"] = WeightQBytesTensor, None
    return kind.load_from_state_dict(widened, prefix, missing_keys=[], **options).dequantize()


# torchao


def write_torchao(original, target):
    from torchao.quantization import Int8WeightOnlyConfig

    options = transformers.TorchAoConfig(Int8WeightOnlyConfig(version=2))
    load(original, quantization_config=options).save_pretrained(target)


def torchao_weights(path):
    from torchao.quantization.quantize_.workflows.int8.int8_tensor import Int8Tensor

    weights = {}
    for name, module in transformers.AutoModelForCausalLM.from_pretrained(path).named_modules():
        weight = getattr(module, "weight", None)
        if isinstance(weight, Int8Tensor):
            weight.scale = weight.scale.float()
            weights[f"{name}.weight"] = weight.dequantize(torch.float32)
    return weights


# compressed-tensors


def write_compressed_tensors(original, target):
    from compressed_tensors.compressors import ModelCompressor
    from compressed_tensors.quantization import QuantizationArgs, QuantizationConfig, QuantizationScheme
    from compressed_tensors.quantization import apply_quantization_config
    from compressed_tensors.quantization.utils import calculate_qparams

    model = load(original)
    codes = QuantizationArgs(num_bits=4, group_size=GROUP, strategy="group", symmetric=True)
    scheme = QuantizationScheme(targets=["Linear"], weights=codes)
    options = QuantizationConfig(config_groups={"group_0": scheme}, ignore=["lm_head"])
    apply_quantization_config(model, options)
    for module in model.modules():
        if hasattr(module, "quantization_scheme"):
            groups = module.weight.data.unflatten(-1, (-1, GROUP))
            scale, zero = calculate_qparams(groups.amin(-1), groups.amax(-1), codes)
            module.weight_scale.data.copy_(scale)
            module.weight_zero_point.data.copy_(zero)
    compressor = ModelCompressor.from_pretrained_model(model)
    compressor.compress_model(model)
    model.save_pretrained(target)
    compressor.update_config(str(target))


def compressed_weights(path):
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationConfig

    options = QuantizationConfig.model_validate(config(path)["quantization_config"])
    (scheme,) = options.config_groups.values()
    decompress = BaseCompressor.get_value_from_registry(scheme.format).decompress
    stored, weights = tensors(path), {}
    for name in modules(stored, ".weight_packed"):
        own = {kind: stored[f"{name}.{kind}"] for kind in ("weight_packed", "weight_scale", "weight_shape")}
        own["weight_scale"] = own["weight_scale"].float()
        weights[f"{name}.weight"] = decompress(own, scheme)["weight"]
    return weights


# GPTQ, by gptqmodel


def write_gptq(original, target):
    from gptqmodel import BACKEND, GPTQModel
    from gptqmodel.quantization.config import GPTQConfig

    plain_torch = dict(pack_impl="original", offload_to_disk=False)  # others compile for minutes
    model = GPTQModel.load(str(original), GPTQConfig(bits=4, group_size=GROUP, **plain_torch), device="cpu")
    samples = [torch.tensor([ids]) for ids in calibration(original)]
    inputs = [{"input_ids": ids, "attention_mask": torch.ones_like(ids)} for ids in samples]
    model.quantize(inputs, batch_size=1, backend=BACKEND.TORCH)
    model.save(str(target))


def gptq_weights(path):
    from gptqmodel import BACKEND, GPTQModel

    stored, weights = tensors(path), {}
    for name, module in GPTQModel.load(str(path), device="cpu", backend=BACKEND.GPTQ_TORCH).model.named_modules():
        if hasattr(module, "qweight"):
            module.scales = stored[f"{name}.scales"].float()  # loaded, they are rounded to bfloat16
            weights[f"{name}.weight"] = module.dequantize_weight().T
    return weights


# AutoRound, and AWQ's layout by it


def autoround(packing):
    def write(original, target):
        from auto_round import AutoRound

        samples = [torch.tensor([ids]) for ids in calibration(original)]
        tokenizer = transformers.AutoTokenizer.from_pretrained(original)
        model, steps = load(original, torch.float16), dict(iters=8, batch_size=1, enable_torch_compile=False)
        data = dict(dataset=samples, nsamples=SAMPLES, seqlen=LENGTH)
        rounded = AutoRound(model, tokenizer, "W4A16", group_size=GROUP, device_map="cpu", **data, **steps)
        rounded.quantize_and_save(str(target), format=packing)

    return write


def autoround_weights(path):
    weights = {}
    for name, module in transformers.AutoModelForCausalLM.from_pretrained(path).named_modules():
        if hasattr(module, "qweight"):
            module.scales = module.scales.float()
            weights[f"{name}.weight"] = module(torch.eye(module.infeatures)).T
    return weights


def awq_weights(path):
    from gptqmodel.quantization.awq.utils.packing_utils import dequantize_gemm

    stored, weights = tensors(path), {}
    for name in modules(stored, ".qweight"):
        codes, zeros, scales = (stored[f"{name}.{kind}"] for kind in ("qweight", "qzeros", "scales"))
        weights[f"{name}.weight"] = dequantize_gemm(codes, zeros, scales.float(), 4, GROUP).T
    return weights


# MLX


def write_mlx(original, target):
    import mlx_lm

    mlx_lm.convert(str(original), str(target), quantize=True, q_group_size=GROUP, q_bits=4, dtype="bfloat16")


def mlx_weights(path):
    import mlx.core as mx
    import numpy as np

    stored, options, weights = mx.load(str(path / "model.safetensors")), config(path)["quantization"], {}
    for name in modules(stored, ".scales"):
        codes, scales, biases = (stored[f"{name}.{kind}"] for kind in ("weight", "scales", "biases"))
        scales, biases = scales.astype(mx.float32), biases.astype(mx.float32)
        weight = mx.dequantize(codes, scales, biases, options["group_size"], options["bits"])
        weights[f"{name}.weight"] = torch.from_numpy(np.array(weight))
    return weights


# GGUF


def gguf(kind):
    """Of the GGUF file that the folder was made of: its blocks stand for the folder's weights."""

    def write(original, target):
        import llama_cpp

        options = llama_cpp.llama_model_quantize_default_params()
        options.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{kind}")
        options.nthread, options.allow_requantize = 1, True
        source = original.with_name(f"{original.name}.Q4_1.gguf")
        if llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(target), options) != 0:
            raise OSError(f"llama_model_quantize made no {kind} of {source}")

    return write


def gguf_weights(path):
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    return dict(model.named_parameters())


FORMATS = {
    "bnb-nf4": Format(
        "bitsandbytes NF4", bits_and_bytes(load_in_4bit=True, bnb_4bit_quant_type="nf4"), four_bit_weights
    ),
    "bnb-nf4-double": Format(
        "bitsandbytes NF4, double",
        bits_and_bytes(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True),
        four_bit_weights,
    ),
    "bnb-fp4": Format(
        "bitsandbytes FP4", bits_and_bytes(load_in_4bit=True, bnb_4bit_quant_type="fp4"), four_bit_weights
    ),
    "bnb-int8": Format("bitsandbytes LLM.int8", bits_and_bytes(load_in_8bit=True), eight_bit_weights),
    "hqq": Format("HQQ, 4 bits", write_hqq, hqq_weights),
    "hqq-own": Format("HQQ, 4 bits, qmodel.pt", write_hqq_own, hqq_own_weights),
    "quanto-int4": Format("Quanto int4", quanto("qint4"), quanto_weights),
    "quanto-int8": Format("Quanto int8", quanto("qint8"), quanto_weights),
    "torchao-int8": Format("torchao int8", write_torchao, torchao_weights),
    "ct-w4a16": Format("compressed-tensors W4A16", write_compressed_tensors, compressed_weights),
    "mlx-4bit": Format("MLX, 4 bits", write_mlx, mlx_weights),
    "gptq-4bit": Format("GPTQ, 4 bits", write_gptq, gptq_weights),
    "awq-4bit": Format("AWQ, 4 bits, by AutoRound", autoround("auto_awq"), awq_weights),
    "autoround-4bit": Format("AutoRound, 4 bits", autoround("auto_round"), autoround_weights),
    "gguf-q4_k_m": Format("GGUF Q4_K_M", gguf("Q4_K_M"), gguf_weights, ".gguf"),
    "gguf-q2_k": Format("GGUF Q2_K", gguf("Q2_K"), gguf_weights, ".gguf"),
}


def stored_model(name, path, original):
    """The original's model in float32, with the weights that a checkpoint stands for in place of its own."""
    model = load(original, torch.float32)
    own = dict(model.named_parameters(remove_duplicate=False))
    weights = FORMATS[name].weights(path)
    if path.is_dir():
        weights = {**plain(path, own), **weights}
    weights.setdefault("lm_head.weight", weights["model.embed_tokens.weight"])
    missing = [key for key in own if key not in weights]
    if missing:
        raise ValueError(f"{path}: no weights for {missing[0]} and {len(missing) - 1} more")
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach())  # no longer the embedding
    for key, parameter in model.named_parameters():
        parameter.data = weights[key].detach().float().reshape(parameter.shape)
    return model


def plain(path, own):
    """The tensors of a folder that are stored as numbers."""
    file = path / "model.safetensors"
    if not file.exists():
        state = torch.load(path / "qmodel.pt", map_location="cpu", weights_only=False)
        return {f"{name}.weight": own["weight"] for name, own in state.items() if "weight" in own}
    with safe_open(file, "pt") as stored:
        return {key: stored.get_tensor(key) for key in stored.keys() if key in own and numbers(stored, key, own[key])}


def numbers(stored, key, own):
    part = stored.get_slice(key)
    return part.get_dtype() in ("F32", "F16", "BF16") and part.get_shape() == list(own.shape)


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in FORMATS:
        sys.exit(f"requantize.py takes a format, a folder and what is to be made; formats: {', '.join(FORMATS)}")
    name, original, target = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    made = target.with_name(f".making-{target.name}")
    with contextlib.suppress(FileNotFoundError):
        made.unlink() if made.is_file() else shutil.rmtree(made)
    torch.manual_seed(0)
    FORMATS[name].write(original, made)
    if made.is_dir():
        for file in ("tokenizer.json", "tokenizer_config.json"):
            if not (made / file).exists():
                shutil.copy(original / file, made)
    made.replace(target)


if __name__ == "__main__":
    main()
