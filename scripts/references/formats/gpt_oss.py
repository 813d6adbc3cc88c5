"""gpt-oss' MXFP4: blocks of 32 codes of the experts' inputs with an exponent each."""

import expected
import models
import torch
import transformers
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

LIBRARY = f"transformers {transformers.__version__} integrations/mxfp4.py"
NUMBERS = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])


def packed(weight):
    """Blocks [experts, outputs, inputs / 32, 16] and exponents of a plain weight [experts, inputs, outputs]."""
    rows = weight.float().transpose(1, 2)
    blocks = rows.reshape(*rows.shape[:2], -1, 32)
    exponents = torch.ceil(torch.log2(blocks.abs().amax(-1, keepdim=True).clamp(min=1e-30) / 6))
    codes = (blocks / 2**exponents).unsqueeze(-1).sub(NUMBERS).abs().argmin(-1).to(torch.uint8)
    return codes[..., 0::2] | codes[..., 1::2] << 4, (exponents.squeeze(-1) + 127).to(torch.uint8)


def experts(folder):
    plain = models.gpt_oss(seed=20)
    tensors, dequantized = dict(plain.weights), {}
    for name, weight in plain.weights.items():
        if weight.dim() == 3:
            del tensors[name]
            tensors[f"{name}_blocks"], tensors[f"{name}_scales"] = blocks, scales = packed(weight)
            dequantized[name] = convert_moe_packed_tensors(blocks, scales, dtype=torch.float32)
    quantization = {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"]}
    models.store(folder, plain, tensors, quantization)
    return expected.Reference(
        plain, dequantized, "this (layout of openai/gpt-oss)", f"{LIBRARY} convert_moe_packed_tensors"
    )


CASES = {"gpt_oss-mxfp4-uneven": experts}
