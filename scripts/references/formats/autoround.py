"""AutoRound's packings: as GPTQ with zero points less one or as they are, and as AWQ; any number of bits."""

from importlib.metadata import version

import expected
import models
import torch
from auto_round.export.export_to_awq.utils import WQLinear_GEMM, dequantize_gemm
from auto_round_extension.torch import qlinear_torch, qlinear_torch_zp

LIBRARY = f"auto-round {version('auto-round')}"
LAYERS = {
    "auto_round": qlinear_torch.QuantLinear,
    "auto_round:gptqmodel": qlinear_torch.QuantLinear,
    "auto_round:auto_gptq": qlinear_torch_zp.QuantLinear,
}


def packed(module, weight, packing, bits, size, sym):
    """The tensors of a module, and what the library makes of them in float32."""
    outputs, inputs = weight.shape
    size = inputs if size == -1 else size
    most = 2**bits - 1
    parts = weight.float().reshape(outputs, -1, size)
    if sym:
        scales = 2 * parts.abs().amax(-1) / most
        zeros = torch.full_like(scales, 2 ** (bits - 1))
    else:
        low, high = parts.amin(-1).clamp(max=0), parts.amax(-1).clamp(min=0)
        scales = (high - low) / most
        zeros = torch.round(-low / scales.clamp(min=1e-3)).clamp(1, most)  # zero points of 0 are not to be had
    scales = scales.clamp(min=1e-3).half().float()
    plain = torch.nn.Linear(inputs, outputs, bias=False)
    plain.weight.data = weight.float()
    if packing == "auto_round:auto_awq":
        layer = WQLinear_GEMM.from_linear(plain, bits, size, scales=scales.T, zeros=zeros.T, device="cpu")
        dequantized = dequantize_gemm(layer.qweight, layer.qzeros, layer.scales.float(), bits, size)
    else:
        layer = LAYERS[packing](bits, size, inputs, outputs, bias=False, g_idx=packing.endswith("gptqmodel"))
        layer.device = "cpu"
        layer.pack(plain, scales, zeros, None, device="cpu")
        # Its product with the identity.
        whole = LAYERS[packing](bits, size, inputs, outputs, bias=False)
        whole.qweight, whole.qzeros, whole.scales = layer.qweight, layer.qzeros, layer.scales.float()
        dequantized = whole(torch.eye(inputs))
    tensors = {f"{module}.{name}": buffer for name, buffer in layer.named_buffers()}
    return tensors, dequantized.T.contiguous()


def quantized(folder, plain, packing, general, own=None, extra=None, also=()):
    """own: options of the modules whose names end so; extra: what the config says of them."""
    tensors, dequantized = dict(plain.weights), {}
    for name in [*plain.linear(), *also]:
        module = name.removesuffix(".weight")
        here = next((given for end, given in (own or {}).items() if module.endswith(end)), {})
        if here is None:
            continue
        made, dequantized[name] = packed(module, tensors.pop(name), packing, **(general | here))
        tensors |= made
    config = {
        "bits": general["bits"], "group_size": general["size"], "sym": general["sym"], "data_type": "int",
        "quant_method": "auto-round", "packing_format": packing, "act_bits": None,
        "block_name_to_quantize": "model.layers", "extra_config": extra or {},
    }  # fmt: skip
    models.store(folder, plain, tensors, config)
    writer = "WQLinear_GEMM.from_linear" if packing.endswith("awq") else "QuantLinear.pack"
    checked = "dequantize_gemm" if packing.endswith("awq") else "QuantLinear.forward of the identity"
    return expected.Reference(
        plain, dequantized, f"{LIBRARY} {writer}", f"{LIBRARY} {checked}, scales widened to float32"
    )


def mixed(folder):
    """Names and patterns with other bits, groups and symmetry; one module plain, the head not."""
    general = {"bits": 4, "size": 32, "sym": False}
    own = {
        "layers.0.mlp.down_proj": {"bits": 8, "sym": True}, "layers.1.mlp.up_proj": None, "k_proj": {"bits": 2, "size": 16},
        "gate_proj": {"bits": 3, "size": -1}, "lm_head": {"bits": 6},
    }  # fmt: skip
    extra = {
        "model.layers.0.mlp.down_proj": {"bits": 8, "sym": True}, "model.layers.1.mlp.up_proj": {"bits": 16, "data_type": "fp"},
        r".*k_proj.*": {"bits": 2, "group_size": 16}, r"mlp\.gate_proj": {"bits": 3, "group_size": -1},
        "lm_head": {"bits": 6, "group_size": 32, "sym": False, "data_type": "int"},
    }  # fmt: skip
    return quantized(folder, models.llama(seed=40), "auto_round", general, own, extra, also=["lm_head.weight"])


def odd(folder):
    """Codes of 5, 3, 6 and 7 bits, less one where they are zero points."""
    general = {"bits": 5, "size": 64, "sym": False}
    own = {"q_proj": {"bits": 3}, "up_proj": {"bits": 6}, "o_proj": {"bits": 7}, "v_proj": {"bits": 4}}
    extra = {rf".*{name}.*": bits for name, bits in own.items()}
    return quantized(folder, models.llama(seed=41), "auto_round:auto_gptq", general, own, extra)


def gptqmodel(folder):
    return quantized(
        folder, models.llama(seed=42), "auto_round:gptqmodel", {"bits": 4, "size": 32, "sym": False}
    )


def awq(folder):
    general = {"bits": 4, "size": 32, "sym": False}
    own = {"q_proj": {"bits": 5}, "up_proj": {"bits": 6}, "layers.1.mlp.down_proj": {"bits": 7}}
    extra = {
        ".*q_proj.*": {"bits": 5}, ".*up_proj.*": {"bits": 6}, "model.layers.1.mlp.down_proj": {"bits": 7},
    }  # fmt: skip
    return quantized(folder, models.llama(seed=43), "auto_round:auto_awq", general, own, extra)


CASES = {
    "autoround-mixed": mixed,
    "autoround-gptq-odd": odd,
    "autoround-gptqmodel": gptqmodel,
    "autoround-awq-mixed": awq,
}
