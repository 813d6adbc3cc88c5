"""BitNet: three values in two bits, four rows of the matrix a byte, one scale for all (transformers' own code)."""

import expected
import models
import torch
import transformers
from transformers.integrations.bitnet import pack_weights, unpack_weights

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


CASES = {
    "bitnet-autobitlinear": lambda folder: packed(folder, "autobitlinear"),
}
