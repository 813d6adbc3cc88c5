"""bitsandbytes: codes of four bits in blocks, stored as bytes or as numbers of a longer type, and integers of a byte."""

import tempfile
from pathlib import Path

import bitsandbytes
import expected
import models
import torch
import transformers
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute

LIBRARY = f"transformers {transformers.__version__} and bitsandbytes {bitsandbytes.__version__}"


def written(folder, seed, dtype=torch.bfloat16, blocksize=None, build=models.small_llama, **options):
    plain = build(dtype, seed)
    with tempfile.TemporaryDirectory() as source:
        models.store(Path(source), plain, plain.weights)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            source, dtype=dtype, device_map="cpu", quantization_config=transformers.BitsAndBytesConfig(**options)
        )
    dequantized = {}
    for name, module in model.named_modules():
        weight = f"{name}.weight"
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            if blocksize is not None:
                module.weight = bitsandbytes.nn.Params4bit(
                    plain.weights[weight], requires_grad=False, blocksize=blocksize, module=module,
                    quant_type=options["bnb_4bit_quant_type"], quant_storage=module.quant_storage,
                    compress_statistics=options.get("bnb_4bit_use_double_quant", False),
                ).to("cpu")  # fmt: skip
            dequantized[weight] = four_bits(module.weight)
        elif isinstance(module, bitsandbytes.nn.Linear8bitLt):
            dequantized[weight] = integers(module.weight)
    model.save_pretrained(folder)
    if models.family(plain.config).transposed:
        dequantized = {name: weight.T.contiguous() for name, weight in dequantized.items()}
    return expected.Reference(plain, dequantized, LIBRARY, f"{LIBRARY}, dequantize_4bit, int8_vectorwise_dequant")


def four_bits(weight):
    """By the library's code for all devices: that for the CPU takes blocks that are longer than rows for others (0.50.2)."""
    state = weight.quant_state
    scales = state.absmax
    if state.nested:
        scales = bitsandbytes.functional.dequantize_blockwise(scales, state.state2) + state.offset
    return _dequantize_4bit_compute(
        weight.data.view(torch.uint8).flatten(), scales, state.code, state.blocksize, state.shape, torch.float32
    )


def integers(weight):
    """The library multiplies with 1 / 127 last, which changes the last bit."""
    scaled = weight.data * (weight.SCB.float() / 127).view(-1, 1)
    library = bitsandbytes.functional.int8_vectorwise_dequant(weight.data, weight.SCB)
    torch.testing.assert_close(scaled, library, rtol=2**-22, atol=0)
    return scaled


def four(kind, storage=torch.uint8, nested=False, **more):
    options = dict(
        load_in_4bit=True, bnb_4bit_quant_type=kind, bnb_4bit_quant_storage=storage, bnb_4bit_use_double_quant=nested
    )
    return lambda folder: written(folder, **(options | more))


CASES = {
    "bnb-fp4": four("fp4", seed=61),
    "bnb-fp4-nested": four("fp4", nested=True, seed=62),
    "bnb-nf4-bfloat16": four("nf4", torch.bfloat16, seed=63),
    "bnb-nf4-float16-nested": four("nf4", torch.float16, nested=True, seed=64, dtype=torch.float16),
    "bnb-nf4-float32": four("nf4", torch.float32, seed=65),
    "bnb-nf4-blocks-of-128": four("nf4", blocksize=128, seed=66),
    "bnb-nf4-blocks-of-512-nested": four("nf4", torch.bfloat16, nested=True, blocksize=512, seed=67),
    "bnb-nf4-skipped": four("nf4", seed=68, llm_int8_skip_modules=["v_proj", "model.layers.1.mlp.gate_proj", "lm_head"]),
    "bnb-nf4-head": four("nf4", seed=68, llm_int8_skip_modules=[]),
    "bnb-nf4-gpt2": four("nf4", seed=71, build=models.gpt2),
    "bnb-int8-gpt2": lambda folder: written(folder, 72, load_in_8bit=True, build=models.gpt2),
    "bnb-int8-bfloat16": lambda folder: written(folder, 69, load_in_8bit=True),
    "bnb-int8-skipped": lambda folder: written(
        folder, 70, load_in_8bit=True, llm_int8_skip_modules=["down_proj"], dtype=torch.float16
    ),
}
