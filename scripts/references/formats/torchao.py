"""torchao: tensors of integers or 8-bit floating-point numbers, as transformers saves them with its own names and metadata."""

import dataclasses

import expected
import models
import torch
import torchao
import transformers
from safetensors.torch import save_file
from torchao import quantization
from torchao.core.config import config_to_dict
from torchao.prototype.safetensors.safetensors_support import flatten_tensor_state_dict
from torchao.quantization import Float8Tensor, quant_primitives, quantize_

LIBRARY = f"torchao {torchao.__version__}"


def written(folder, seed, config, dtype=torch.bfloat16, only=None, embeddings=False, factors=False):
    """factors: of inputs, as smoothing and AWQ leave them with tensors."""
    plain = models.small_llama(dtype, seed)
    model = transformers.AutoModelForCausalLM.from_config(plain.config, dtype=dtype)
    model.load_state_dict(plain.weights)

    def chosen(module, name):
        if isinstance(module, torch.nn.Embedding):
            return embeddings
        return isinstance(module, torch.nn.Linear) and (embeddings or "lm_head" not in name) and (only is None or only in name)

    if isinstance(config, dict):
        for name, module in model.named_modules():
            if chosen(module, name):
                module.weight = torch.nn.Parameter(Float8Tensor.from_hp(module.weight.data, **config), requires_grad=False)
    else:
        quantize_(model, config(), filter_fn=chosen)
    state = model.state_dict()
    if factors:
        generator = torch.Generator().manual_seed(seed)
        for name, tensor in state.items():
            if hasattr(tensor, "qdata"):
                tensor.act_pre_scale = (torch.rand(tensor.shape[1], generator=generator) + 0.5).to(dtype)
    dequantized = {name: weight(tensor) for name, tensor in state.items() if hasattr(tensor, "qdata")}
    tensors, metadata = flatten_tensor_state_dict(state)
    models.store(folder, plain, {"nothing": torch.zeros(1)}, {
        "quant_method": "torchao", "modules_to_not_convert": None,
        "quant_type": {"default": float8(config) if isinstance(config, dict) else config_to_dict(config())},
        "include_input_output_embeddings": embeddings, "untie_embedding_weights": False,
    })  # fmt: skip
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(tensors, folder / "model.safetensors", metadata | {"format": "pt"})
    return expected.Reference(
        plain, dequantized, f"{LIBRARY}, quantize_ and flatten_tensor_state_dict", f"{LIBRARY}, dequantize in float32",
        "columns are multiplied with act_pre_scale" if factors else "",
    )


def float8(options):
    """What the library says of a configuration that it makes on some devices alone."""
    granularity = options["granularity"]
    said = {"_type": type(granularity).__name__, "_version": 1, "_data": dataclasses.asdict(granularity)}
    return {"_type": "Float8DynamicActivationFloat8WeightConfig", "_version": 2, "_data": {"granularity": [said, said]}}


def weight(tensor):
    """In float32; the library has a type of 16 bits in which it hands out the same."""
    if tensor.qdata.dtype == torch.int8:
        found = quant_primitives.dequantize_affine(
            tensor.qdata, tensor.block_size, tensor.scale.float(),
            None if tensor.zero_point is None else tensor.zero_point, torch.int8, output_dtype=torch.float32,
        )
    else:
        found = quant_primitives._dequantize_affine_float8(tensor.qdata, tensor.scale.float(), torch.float32)
    factors = getattr(tensor, "act_pre_scale", None)
    return found if factors is None else found * factors.float()


def case(seed, config, **more):
    return lambda folder: written(folder, seed, config, **more)


PerGroup, PerRow, PerTensor = quantization.PerGroup, quantization.PerRow, quantization.PerTensor
ints = lambda **options: lambda: quantization.Int8WeightOnlyConfig(version=2, **options)  # noqa: E731
three_bits = lambda: quantization.IntxWeightOnlyConfig(  # noqa: E731
    weight_dtype=torch.int3, granularity=PerGroup(64), mapping_type=quantization.MappingType.ASYMMETRIC
)
OLD = {"torchao-int3-of-0.14": case(108, three_bits)}  # tensors have other names
NEW = {
    "torchao-int8-group": case(101, ints(granularity=PerGroup(32))),
    "torchao-int8-tensor": case(102, ints(granularity=PerTensor()), dtype=torch.float16),
    "torchao-int8-dynamic": case(103, lambda: quantization.Int8DynamicActivationInt8WeightConfig(version=2)),
    "torchao-int8-factors": case(104, ints(), factors=True),
    "torchao-int8-down": case(105, ints(), only="down_proj"),
    "torchao-int8-embeddings": case(106, ints(), embeddings=True),
    "torchao-int4-unpacked": case(
        107, lambda: quantization.IntxWeightOnlyConfig(weight_dtype=torch.int4, granularity=PerGroup(32))
    ),
    "torchao-int3-unpacked": case(108, three_bits),
    "torchao-float8-weights": case(109, lambda: quantization.Float8WeightOnlyConfig()),
    "torchao-float8-row": case(110, dict(granularity=PerRow())),
    "torchao-float8-tensor": case(111, dict(granularity=PerTensor())),
    "torchao-float8-e5m2": case(112, dict(granularity=PerRow(), float8_dtype=torch.float8_e5m2)),
    "torchao-float8-blocks": case(113, dict(granularity=quantization.PerBlock([32, 32]))),
}
CASES = OLD if torchao.__version__.startswith("0.14.") else NEW
