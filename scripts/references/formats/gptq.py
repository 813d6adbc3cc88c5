"""GPTQ as gptqmodel packs it: rounded to the nearest code, without calibration."""

import expected
import gptqmodel
import models
import torch
from gptqmodel.nn_modules.qlinear.torch import TorchLinear, TorchQuantEmbeddings
from gptqmodel.quantization.config import FORMAT
from gptqmodel.utils.model import convert_gptq_v2_to_v1_format_module
from transformers.pytorch_utils import Conv1D

LIBRARY = f"gptqmodel {gptqmodel.__version__}"


class Options:
    """How one module is quantized. Scales are rounded to their type, and to float16, which the library packs."""

    def __init__(self, bits=4, group_size=32, sym=True, desc_act=False, form="gptq", scale_type=torch.float16):
        self.bits, self.group_size, self.sym, self.desc_act = bits, group_size, sym, desc_act
        self.form, self.scale_type = form, scale_type

    def but(self, **other):
        return Options(**(vars(self) | other))

    def config(self):
        return {
            "bits": self.bits, "group_size": self.group_size, "desc_act": self.desc_act, "sym": self.sym,
            "lm_head": False, "quant_method": "gptq", "checkpoint_format": self.form, "pack_dtype": "int32",
        }  # fmt: skip


def groups(weight, options, generator):
    """The group of each input, and scales and zero points [outputs, groups]; weight is [outputs, inputs]."""
    inputs = weight.shape[1]
    size = inputs if options.group_size == -1 else options.group_size
    g_idx = torch.arange(inputs, dtype=torch.int32) // size
    if options.desc_act:
        g_idx = g_idx[torch.randperm(inputs, generator=generator)]
    most = 2**options.bits - 1
    scales, zeros = [], []
    for group in range(int(g_idx.max()) + 1):
        part = weight[:, g_idx == group]
        if options.sym:
            scale = 2 * part.abs().amax(1) / most
            zero = torch.full_like(scale, 2 ** (options.bits - 1))
        else:
            low, high = part.amin(1).clamp(max=0), part.amax(1).clamp(min=0)
            scale = (high - low) / most
            zero = torch.round(-low / scale).clamp(0, most)
        scales.append(scale.clamp(min=1e-3).to(options.scale_type).half().float())
        zeros.append(zero)
    return g_idx, torch.stack(scales, 1), torch.stack(zeros, 1)


def packed(module, weight, options, bias=None, kind="linear", seed=0):
    """The tensors of a module, and what the library makes of them in float32; weight as the plain model has it."""
    rows = weight.T if kind in ("conv1d", "embedding") else weight
    g_idx, scales, zeros = groups(rows.float(), options, torch.Generator().manual_seed(seed))
    outputs, inputs = rows.shape
    if kind == "conv1d":
        plain = Conv1D(outputs, inputs)
    elif kind == "embedding":
        plain = torch.nn.Embedding(inputs, outputs)
    else:
        plain = torch.nn.Linear(inputs, outputs, bias=bias is not None)
    plain.weight.data = weight.float()
    if kind != "embedding":
        plain.bias = None if bias is None else torch.nn.Parameter(bias.float())
    layer = (TorchQuantEmbeddings if kind == "embedding" else TorchLinear)(
        bits=options.bits, group_size=options.group_size, sym=options.sym, desc_act=options.desc_act,
        in_features=inputs, out_features=outputs, bias=bias is not None, format=FORMAT(options.form),
    )  # fmt: skip
    layer.pack_original(plain, scales, zeros, g_idx)
    tensors = {f"{module}.{part}": getattr(layer, part).clone() for part in ("qweight", "qzeros", "scales", "g_idx")}
    layer.optimized = True  # not compiled
    layer.eval()
    layer.post_init()
    tensors[f"{module}.scales"] = tensors[f"{module}.scales"].to(options.scale_type)
    layer.scales = layer.scales.float()
    dequantized = layer.dequantize_weight()
    if options.form == "gptq":
        convert_gptq_v2_to_v1_format_module(layer, layer)
        tensors[f"{module}.qzeros"] = layer.qzeros.clone()
    return tensors, dequantized if kind in ("conv1d", "embedding") else dequantized.T.contiguous()


def quantized(folder, plain, options, config=None, own=None, also=(), kinds=None, files=None, in_config=True):
    """Quantizes the linear maps of all layers.

    own: options of the modules whose names end so; None leaves them plain. also: names of further weights. kinds: of
    modules that are no nn.Linear, by the ends of their names.
    """
    tensors, dequantized = dict(plain.weights), {}
    for number, name in enumerate([*plain.linear(), *also]):
        module = name.removesuffix(".weight")
        here = next((given for end, given in (own or {}).items() if module.endswith(end)), options)
        if here is None:
            continue
        kind = next((given for end, given in (kinds or {}).items() if module.endswith(end)), "linear")
        bias = plain.weights.get(f"{module}.bias")
        made, dequantized[name] = packed(module, tensors.pop(name), here, bias, kind, number)
        tensors |= made
    said = options.config() | (config or {})
    said = {key: value for key, value in said.items() if value is not None}
    models.store(folder, plain, tensors, said if in_config else None, **(files or {}))
    return expected.Reference(
        plain,
        dequantized,
        f"{LIBRARY} TorchLinear.pack_original (rounded to nearest, no calibration)",
        f"{LIBRARY} TorchLinear.dequantize_weight, scales widened to float32",
    )


def two_bits(folder):
    return quantized(folder, models.llama(seed=10), Options(bits=2, sym=False, group_size=16))


def three_bits_v1(folder):
    return quantized(folder, models.llama(seed=11), Options(bits=3, sym=False))


def planes(folder):
    """Codes of 3, 5, 6, 7 and 4 bits in one checkpoint; sym holds for all but some."""
    five = Options(bits=5, form="gptq_p", sym=False)
    own = {
        "q_proj": five.but(bits=3), "k_proj": five.but(bits=6), "o_proj": five.but(bits=7, sym=True, desc_act=True),
        "gate_proj": five.but(bits=4),
    }  # fmt: skip
    dynamic = {
        "+:.*q_proj": {"bits": 3}, "+:.*k_proj": {"bits": 6}, "+:.*o_proj": {"bits": 7, "sym": True},
        "+:.*gate_proj": {"bits": 4},
    }  # fmt: skip
    return quantized(folder, models.llama(seed=12), five, {"dynamic": dynamic}, own)


def dynamic(folder):
    """Rules for modules: other bits, groups and symmetry; some plain; the head too; scales of bfloat16."""
    four = Options(scale_type=torch.bfloat16)
    rules = {
        r"-:model\.layers\.0\.mlp\.up_proj": {},
        r"+:model\.layers\.\d+\.mlp\.up_proj": {"bits": 8, "group_size": 64},
        r"model\.layers\.1\.self_attn": {"sym": False, "group_size": -1},
        "+:lm_head": {"bits": 8},
    }
    own = {
        "layers.0.mlp.up_proj": None, "up_proj": four.but(bits=8, group_size=64), "lm_head": four.but(bits=8),
    } | {f"layers.1.self_attn.{name}_proj": four.but(sym=False, group_size=-1) for name in "qkvo"}  # fmt: skip

    config = {"dynamic": rules, "lm_head": True, "format": "gptq", "method": "gptq"}
    return quantized(folder, models.llama(seed=13), four, config, own, also=["lm_head.weight"])


def alone(folder):
    """As AutoGPTQ described it: in a file of its own, which says neither the method nor the format nor sym."""
    said = {
        "bits": 4, "group_size": 64, "damp_percent": 0.1, "desc_act": False, "static_groups": False,
        "true_sequential": True, "model_name_or_path": "tiny", "model_file_base_name": "gptq_model-4bit-64g",
    }  # fmt: skip
    reference = quantized(
        folder, models.llama(seed=14), Options(sym=False, group_size=64), files={"quantize_config": said}, in_config=False
    )
    (folder / "model.safetensors").rename(folder / "gptq_model-4bit-64g.safetensors")
    return reference


def conv1d(folder):
    kinds = {name: "conv1d" for name in ("c_attn", "c_proj", "c_fc")}
    return quantized(folder, models.gpt2(seed=15), Options(sym=False, form="gptq_v2"), kinds=kinds)


def experts(folder):
    """Experts one by one, some with other bits."""
    four = Options(desc_act=True)
    own = {"w3": four.but(bits=8), "experts.1.w1": None}
    config = {"dynamic": {r"-:.*experts\.1\.w1": {}, r"+:.*\.w3$": {"bits": 8}}}
    return quantized(folder, models.mixtral(seed=17), four, config, own)


def embeddings(folder):
    """The table of the embedding too, whose inputs are the vocabulary; groups do not divide it."""
    plain = models.llama(seed=16, vocab_size=300, hidden_size=48, head_dim=12, intermediate_size=104)
    own = {"embed_tokens": Options(group_size=128, sym=False)}
    kinds = {"embed_tokens": "embedding"}
    config = {"dynamic": {r"+:model\.embed_tokens": {"sym": False, "group_size": 128}}}
    return quantized(folder, plain, Options(), config, own, also=["model.embed_tokens.weight"], kinds=kinds)


CASES = {
    "gptq-2bit-g16-asym": two_bits,
    "gptq-3bit-asym-v1": three_bits_v1,
    "gptq-planes": planes,
    "gptq-dynamic": dynamic,
    "gptq-file-alone": alone,
    "gptq-conv1d": conv1d,
    "gptq-mixtral": experts,
    "gptq-embeddings-uneven": embeddings,
}
