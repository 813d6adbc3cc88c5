"""BitNet: three values in two bits, four rows of the matrix a byte, one scale for all (transformers' own code)."""

import expected
import models
import torch
import transformers
from transformers.integrations.bitnet import AutoBitLinear, WeightQuant, pack_weights, unpack_weights
from transformers.quantizers.quantizers_utils import should_convert_module

LIBRARY = f"transformers {transformers.__version__} integrations/bitnet.py"


def packed(folder, linear_class):
    plain = models.llama(dtype=torch.bfloat16, seed=3)
    tensors, dequantized = dict(plain.weights), {}
    for name, weight in plain.linear().items():
        mean = weight.float().abs().mean()
        stored_scale = (1 / mean if linear_class == "bitlinear" else mean).to(plain.dtype).reshape(1)
        codes = (weight.float() / mean).round().clamp(-1, 1)
        tensors[name] = pack_weights(codes.clone())
        tensors[name + "_scale"] = stored_scale
        unpacked = unpack_weights(tensors[name], torch.float32)
        expected.require_equal(codes, unpacked)
        scale = stored_scale.float()
        dequantized[name] = unpacked / scale if linear_class == "bitlinear" else unpacked * scale
    quantization = {"quant_method": "bitnet", "modules_to_not_convert": None, "linear_class": linear_class}
    models.store(folder, plain, tensors, quantization)
    return expected.Reference(plain, dequantized, f"{LIBRARY}, pack_weights", f"{LIBRARY}, unpack_weights")


def unpacked(folder):
    """As AutoBitLinear keeps them once loaded: values that are not packed, and their scale."""
    plain = models.llama(dtype=torch.bfloat16, seed=4, num_hidden_layers=2, vocab_size=160)
    tensors, dequantized = dict(plain.weights), {}
    for name, weight in plain.linear().items():
        mean = weight.float().abs().mean()
        tensors[name] = (weight.float() / mean).round().clamp(-1, 1).to(plain.dtype)
        tensors[name + "_scale"] = mean.to(plain.dtype).reshape(1)
        layer = AutoBitLinear(weight.shape[1], weight.shape[0], bias=False)
        layer.weight.data, layer.weight_scale = tensors[name].float(), tensors[name + "_scale"].float()
        dequantized[name] = layer.weight.data * layer.weight_scale
    quantization = {"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"}
    models.store(folder, plain, tensors, quantization)
    return expected.Reference(plain, dequantized, f"{LIBRARY}, AutoBitLinear", f"{LIBRARY}, AutoBitLinear.forward")


def rounded(weight):
    """What WeightQuant gives, but for the last digit of the mean, which depends on the order of a sum in float32."""
    scale = 1 / weight.double().abs().mean().float().clamp(min=1e-5)
    exact = (weight.float() * scale).round().clamp(-1, 1) / scale
    torch.testing.assert_close(exact, WeightQuant.apply(weight.float()), rtol=3e-7, atol=0)
    return exact


def online(folder):
    """Plain weights that are rounded whenever they are multiplied, but for some modules."""
    plain = models.llama(dtype=torch.bfloat16, seed=5, num_hidden_layers=2, vocab_size=160)
    leave = [r"model.layers.*.self_attn.v", "0.mlp.up_proj", "layers.1.mlp.down"]
    dequantized = {
        name: rounded(weight)
        for name, weight in plain.linear().items()
        if should_convert_module(name.removesuffix(".weight"), leave)
    }
    quantization = {
        "quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online",
        "modules_to_not_convert": leave,
    }  # fmt: skip
    models.store(folder, plain, plain.weights, quantization)
    return expected.Reference(plain, dequantized, "transformers", f"{LIBRARY}, WeightQuant")


CASES = {
    "bitnet-autobitlinear": lambda folder: packed(folder, "autobitlinear"),
    "bitnet-unpacked": unpacked,
    "bitnet-online": online,
}
