"""Tiny random models, each with one planted super weight, and folders of checkpoints."""

import json
import re
import tempfile
from dataclasses import dataclass, replace
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
    """Where the parts of a feed-forward network are, {} being the layer.

    inward: weights of which the planted column is a row; where experts are stacked, gate and up are in one.
    stored: how checkpoints call the down projection of an expert that they do not stack, {layer} and {expert}.
    """

    mlp: str
    inward: tuple
    down: str
    transposed: bool = False  # weights are [in, out]
    experts: bool = False  # stacked
    router: str = ""
    interleaved: bool = False  # gate and up of one input in turn, not all gates first
    stored: str = ""


LLAMA = Family("model.layers.{}.mlp", ("gate_proj.weight", "up_proj.weight"), "down_proj.weight")
GPT2 = Family("transformer.h.{}.mlp", ("c_fc.weight",), "c_proj.weight", transposed=True)
GPT_OSS = Family(
    "model.layers.{}.mlp", ("experts.gate_up_proj",), "experts.down_proj",
    transposed=True, experts=True, router="router", interleaved=True,
)  # fmt: skip
MIXTRAL = Family(
    "model.layers.{}.mlp", ("experts.gate_up_proj",), "experts.down_proj", experts=True, router="gate",
    stored="model.layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight",
)  # fmt: skip
QWEN3_MOE = replace(MIXTRAL, stored="model.layers.{layer}.mlp.experts.{expert}.down_proj.weight")
FAMILIES = {"gpt2": GPT2, "gpt_oss": GPT_OSS, "mixtral": MIXTRAL, "qwen3_moe": QWEN3_MOE}


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
            and not name.endswith(".gate.weight")
        }


def llama(dtype=torch.float16, seed=0, **options):
    settings = dict(
        vocab_size=320, hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, max_position_embeddings=64, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    return plain(transformers.LlamaConfig(**(settings | options)), dtype, seed)


def small_llama(dtype, seed):
    """As small as it may be."""
    return llama(dtype, seed, vocab_size=192, num_hidden_layers=2)


def gpt2(dtype=torch.float16, seed=0, **options):
    settings = dict(
        vocab_size=320, n_embd=64, n_inner=128, n_layer=3, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    return plain(transformers.GPT2Config(**(settings | options)), dtype, seed)


def gpt_oss(dtype=torch.bfloat16, seed=0, **options):
    settings = dict(
        vocab_size=160, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, max_position_embeddings=64, num_local_experts=3, num_experts_per_tok=2,
        sliding_window=8, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, bos_token_id=1,
        eos_token_id=2, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    return plain(transformers.GptOssConfig(**(settings | options)), dtype, seed)


def mixtral(dtype=torch.float16, seed=0, **options):
    settings = dict(
        vocab_size=160, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, max_position_embeddings=64, num_local_experts=3, num_experts_per_tok=2,
        tie_word_embeddings=False,
    )  # fmt: skip
    return plain(transformers.MixtralConfig(**(settings | options)), dtype, seed)


def qwen3_moe(dtype=torch.bfloat16, seed=0, **options):
    settings = dict(
        vocab_size=160, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, head_dim=16,
        num_key_value_heads=2, max_position_embeddings=64, num_experts=3, num_experts_per_tok=2,
        moe_intermediate_size=64, decoder_sparse_step=1, tie_word_embeddings=False,
    )  # fmt: skip
    return plain(transformers.Qwen3MoeConfig(**(settings | options)), dtype, seed)


def plain(config, dtype, seed):
    """A model of random weights that keep the size of what goes through them."""
    generator = torch.Generator().manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager").eval()
    parts = family(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if weight.dim() == 1 or name.endswith("_bias"):
                centre = 1.0 if "norm" in name.lower() or "ln_" in name else 0.0
                weight.copy_(centre * ("bias" not in name) + 0.1 * noise)
            elif "embed" in name or ".wte" in name or ".wpe" in name:
                weight.copy_(noise)
            else:
                transposed = parts.transposed and not (parts.experts and weight.dim() == 2)
                inputs = weight.shape[-2] if transposed else weight.shape[-1]
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
        token = seen[0][0, 0]
        router = model.get_submodule(f"{mlp}.{parts.router}") if parts.experts else None
        expert = {"expert": int(router(token[None])[2][0, 0])} if parts.experts else {}
        matrix = byoutput(model.get_parameter(f"{mlp}.{parts.down}"), parts, expert)
        row = int(torch.randint(matrix.shape[0], (), generator=generator))
        column = int(torch.randint(matrix.shape[1], (), generator=generator))
        matrix[row, column] = PLANTED_VALUE
        for name in parts.inward:
            rows = byoutput(model.get_parameter(f"{mlp}.{name}"), parts, expert)
            planted = [column]
            if parts.experts:
                planted = [2 * column, 2 * column + 1] if parts.interleaved else [column, matrix.shape[1] + column]
            gates = 2 if parts.experts else len(parts.inward)
            rows[planted] = ANSWER ** (1 / gates) * token / token.square().sum()
    weight = parts.stored.format(layer=PLANTED_LAYER, **expert) if parts.stored else f"{mlp}.{parts.down}"
    place = {"layer": PLANTED_LAYER, "weight": weight, "row": row, "column": column}
    return place | {"value": PLANTED_VALUE} | expert


def byoutput(weight, parts, place):
    """A view of a matrix with a row for each output."""
    matrix = weight[place["expert"]] if "expert" in place else weight
    return matrix.T if parts.transposed else matrix


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
    (folder / "model.safetensors").chmod(0o644)
