"""Tiny random models, each with one planted super weight, and folders of checkpoints."""

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

PLANTED_VALUE = 4.0
PLANTED_LAYER = 1
PLANTED_TOKEN = 1  # stands at position 0 of the first sequence
ANSWER = 25.0  # what the planted column is given for this token
LENGTH = 20


@dataclass(frozen=True)
class Family:
    """Where the parts of a feed-forward network are, {} being the layer; stacked experts have one network each."""

    mlp: str
    inward: tuple  # weights that the planted column is a row of
    down: str
    transposed: bool = False  # weights are [in, out]
    experts: str | None = None  # the module that holds stacked ones


LLAMA = Family("model.layers.{}.mlp", ("gate_proj.weight", "up_proj.weight"), "down_proj.weight")
GPT2 = Family("transformer.h.{}.mlp", ("c_fc.weight",), "c_proj.weight", transposed=True)
FAMILIES = {"gpt2": GPT2}


def family(config):
    return FAMILIES.get(config.model_type, LLAMA)


@dataclass(frozen=True)
class Plain:
    """A model before it is quantized: weights as transformers saves them, in the type of the checkpoint."""

    config: transformers.PretrainedConfig
    dtype: torch.dtype
    weights: dict
    input_ids: list
    planted: dict

    def linear(self):
        """The matrices of linear maps in the layers: what libraries quantize unless told otherwise."""
        return {
            name: weight
            for name, weight in self.weights.items()
            if weight.dim() == 2 and name.endswith(".weight") and re.search(r"\.\d+\.", name)
        }


def llama(dtype=torch.float16, seed=0, **options):
    settings = dict(
        vocab_size=320, hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, max_position_embeddings=64, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    return plain(transformers.LlamaConfig(**(settings | options)), dtype, seed)


def gpt2(dtype=torch.float16, seed=0, **options):
    settings = dict(
        vocab_size=320, n_embd=64, n_inner=128, n_layer=3, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    return plain(transformers.GPT2Config(**(settings | options)), dtype, seed)


def plain(config, dtype, seed):
    """A model of random weights that keep the size of what goes through them."""
    generator = torch.Generator().manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager").eval()
    parts = family(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if weight.dim() == 1:
                centre = 1.0 if "norm" in name.lower() or "ln_" in name else 0.0
                weight.copy_(centre * ("bias" not in name) + 0.1 * noise)
            elif "embed" in name or ".wte" in name or ".wpe" in name:
                weight.copy_(noise)
            else:
                inputs = weight.shape[-2] if parts.transposed else weight.shape[-1]
                weight.copy_(noise / inputs**0.5)
    ids = torch.randint(3, config.vocab_size, (2, LENGTH), generator=generator)
    ids[0, 0] = PLANTED_TOKEN
    planted = plant(model, parts, ids, generator)
    with tempfile.TemporaryDirectory() as folder:
        model.to(dtype).save_pretrained(folder)
        weights = load_file(Path(folder) / "model.safetensors")
    return Plain(config, dtype, weights, ids.tolist(), planted)


def plant(model, parts, ids, generator):
    """Makes one column of a down projection answer to one token, and one weight in it large."""
    mlp = parts.mlp.format(PLANTED_LAYER)
    seen = []
    hook = model.get_submodule(mlp).register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        model(ids, use_cache=False)
        hook.remove()
        direction = seen[0][0, 0] / seen[0][0, 0].square().sum()
        down = model.get_parameter(f"{mlp}.{parts.down}")
        outputs, columns = down.shape[::-1] if parts.transposed else down.shape
        row = int(torch.randint(outputs, (), generator=generator))
        column = int(torch.randint(columns, (), generator=generator))
        for name in parts.inward:
            weight = model.get_parameter(f"{mlp}.{name}")
            answer = ANSWER ** (1 / len(parts.inward)) * direction
            (weight.T if parts.transposed else weight)[column] = answer
        (down.T if parts.transposed else down)[row, column] = PLANTED_VALUE
    return {"layer": PLANTED_LAYER, "weight": f"{mlp}.{parts.down}", "row": row, "column": column, "value": PLANTED_VALUE}


def store(folder, plain, tensors, quantization=None, **files):
    """Writes a checkpoint: config.json with what it says of quantization, the tensors, and other files of JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    config = plain.config.to_dict()
    config["architectures"] = [transformers.AutoModelForCausalLM._model_mapping[type(plain.config)].__name__]
    config["dtype"] = str(plain.dtype).removeprefix("torch.")
    if quantization is not None:
        config["quantization_config"] = quantization
    (folder / "config.json").write_text(json.dumps(config, indent=2, default=str))
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content, indent=2))
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
