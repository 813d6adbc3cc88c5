"""AWQ as gptqmodel packs it, in the versions for several kernels: rounded to the nearest code, without calibration."""

import expected
import gptqmodel
import models
import torch
from gptqmodel.nn_modules.qlinear.gemm_awq import AwqGEMMLinear
from gptqmodel.nn_modules.qlinear.gemv_awq import AwqGEMVLinear
from gptqmodel.nn_modules.qlinear.gemv_fast_awq import AwqGEMVFastLinear, LLMAwqLinear
from gptqmodel.quantization.awq.utils.packing_utils import dequantize_gemm

LIBRARY = f"gptqmodel {gptqmodel.__version__}"
BITS, MOST = 4, 15
LAYERS = {
    "gemm": AwqGEMMLinear,
    "gemv": AwqGEMVLinear,
    "gemv_fast": AwqGEMVFastLinear,
    "llm-awq": LLMAwqLinear,
}


def packed(module, weight, version, size):
    """The tensors of a module and the weight they stand for; zero points and scales [outputs, groups] when packed."""
    outputs, inputs = weight.shape
    size = inputs if size == -1 else size
    parts = weight.float().reshape(outputs, -1, size)
    low, high = parts.amin(-1).clamp(max=0), parts.amax(-1).clamp(min=0)
    scales = ((high - low) / MOST).clamp(min=1e-3).half().float()
    zeros = torch.round(-low / scales).clamp(0, MOST)
    codes = torch.round(parts / scales[..., None] + zeros[..., None]).clamp(0, MOST)
    exact = ((codes - zeros[..., None]) * scales[..., None]).reshape(outputs, inputs)
    layer = LAYERS[version].__new__(LAYERS[version])  # on a GPU alone it may be made in the usual way
    torch.nn.Module.__init__(layer)
    layer.in_features, layer.out_features, layer.bits, layer.group_size = inputs, outputs, BITS, size
    plain = torch.nn.Linear(inputs, outputs, bias=False)
    plain.weight.data = exact
    layer.pack(plain, scales, zeros)
    tensors = {f"{module}.{name}": buffer for name, buffer in layer.named_buffers()}
    if version == "gemm":
        dequantized = dequantize_gemm(layer.qweight, layer.qzeros, layer.scales.float(), BITS, size).T
        expected.require_equal(exact, dequantized)
    if version in ("gemv_fast", "llm-awq"):
        # What is added is rounded to float16 when it is packed.
        added = getattr(layer, layer.zeros_name)[: scales.shape[1]].T.float()
        exact = (codes * scales[..., None] + added[..., None]).reshape(outputs, inputs)
    return tensors, exact.contiguous()


def quantized(folder, plain, version, size, config, leave=(), files=None):
    tensors, dequantized = dict(plain.weights), {}
    for name in plain.linear():
        module = name.removesuffix(".weight")
        if any(part in module for part in leave):
            continue
        made, dequantized[name] = packed(module, tensors.pop(name), version, size)
        tensors |= made
    models.store(folder, plain, tensors, config, **(files or {}))
    checked = "dequantize_gemm" if version == "gemm" else "pack, of codes that are known"
    return expected.Reference(plain, dequantized, f"{LIBRARY} {LAYERS[version].__name__}.pack", f"{LIBRARY} {checked}")


def config(version, size, **other):
    return {
        "quant_method": "awq", "zero_point": True, "group_size": size, "bits": BITS, "version": version,
        "modules_to_not_convert": None,
    } | other  # fmt: skip


def alone(folder):
    """As AutoAWQ described it before transformers had a place for it."""
    said = {"zero_point": True, "q_group_size": 32, "w_bit": BITS, "version": "GEMM"}
    return quantized(folder, models.llama(seed=30), "gemm", 32, None, files={"quant_config": said})


def experts(folder):
    said = {"zero_point": True, "q_group_size": 16, "w_bit": BITS, "version": "GEMM", "modules_to_not_convert": ["w3"]}
    return quantized(folder, models.mixtral(seed=31), "gemm", 16, said, leave=["w3"])


def vectors(folder):
    return quantized(folder, models.llama(seed=32, num_hidden_layers=2), "gemv", 64, config("gemv", 64))


def vectors_wide(folder):
    """More groups than a word of zero points has fields."""
    plain = models.llama(
        seed=33, hidden_size=32, num_attention_heads=2, num_key_value_heads=1, intermediate_size=288, num_hidden_layers=2
    )
    return quantized(folder, plain, "gemv", 32, config("GEMV", 32))


def fast(folder):
    return quantized(folder, models.llama(seed=34, num_hidden_layers=2), "gemv_fast", 64, config("gemv_fast", 64))


def llm_awq(folder):
    return quantized(folder, models.llama(seed=35, num_hidden_layers=2), "llm-awq", 64, config("gemv_fast", 64, backend="llm-awq"))


CASES = {
    "awq-file-alone": alone,
    "awq-mixtral-g16": experts,
    "awq-gemv-g64": vectors,
    "awq-gemv-g32-wide": vectors_wide,
    "awq-gemv_fast-g64": fast,
    "awq-llm-awq-g64": llm_awq,
}
