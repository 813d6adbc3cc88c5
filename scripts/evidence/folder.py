"""Writes a GGUF file of the architecture llama as a Hugging Face folder: what its blocks stand for, in float32.

Takes the GGUF file and the folder to be made. Only for byte-level tokenizers that split as SmolLM's does.
"""

import json
import pathlib
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file

NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
CONTROL = 3  # the type of tokens that stand for no text


def hugging_face_name(name):
    """blk.7.ffn_down.weight -> model.layers.7.mlp.down_proj.weight"""
    *block, own, kind = name.split(".")
    return ".".join((["model", "layers", block[1]] if block else []) + [NAMES[own], kind])


def halves(weight, heads):
    """Undoes llama.cpp's order of the rows of a head, in which the two channels of a rotary pair are neighbours."""
    return weight.reshape(heads, -1, 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def weights(reader, heads, key_heads):
    for tensor in reader.tensors:
        weight = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        weight = weight.reshape([int(size) for size in reversed(tensor.shape)])
        if ".attn_q." in tensor.name:
            weight = halves(weight, heads)
        elif ".attn_k." in tensor.name:
            weight = halves(weight, key_heads)
        yield hugging_face_name(tensor.name), np.ascontiguousarray(weight)


def config(value, tied):
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "attention_bias": False,
        "bos_token_id": value("tokenizer.ggml.bos_token_id"),
        "eos_token_id": value("tokenizer.ggml.eos_token_id"),
        "hidden_act": "silu",
        "hidden_size": value("llama.embedding_length"),
        "intermediate_size": value("llama.feed_forward_length"),
        "max_position_embeddings": value("llama.context_length"),
        "mlp_bias": False,
        "num_attention_heads": value("llama.attention.head_count"),
        "num_hidden_layers": value("llama.block_count"),
        "num_key_value_heads": value("llama.attention.head_count_kv"),
        "pad_token_id": value("tokenizer.ggml.padding_token_id"),
        "rms_norm_eps": float(f"{value('llama.attention.layer_norm_rms_epsilon'):.6g}"),
        "rope_theta": value("llama.rope.freq_base"),
        "tie_word_embeddings": tied,
        "torch_dtype": "float32",
        "vocab_size": value("llama.vocab_size"),
    }


def tokenizer(value):
    tokens = value("tokenizer.ggml.tokens")
    special = [at for at, kind in enumerate(value("tokenizer.ggml.token_type")) if kind == CONTROL]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": at,
                "content": tokens[at],
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for at in special
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level],
        },
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: at for at, token in enumerate(tokens)},
            "merges": value("tokenizer.ggml.merges"),
        },
    }


def tokenizer_config(value):
    tokens = value("tokenizer.ggml.tokens")
    return {
        "add_bos_token": value("tokenizer.ggml.add_bos_token"),
        "add_prefix_space": value("tokenizer.ggml.add_space_prefix"),
        "bos_token": tokens[value("tokenizer.ggml.bos_token_id")],
        "eos_token": tokens[value("tokenizer.ggml.eos_token_id")],
        "model_max_length": value("llama.context_length"),
        "pad_token": tokens[value("tokenizer.ggml.padding_token_id")],
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def main(file, folder):
    reader = gguf.GGUFReader(file)

    def value(key):
        return reader.fields[key].contents()

    expected = {"general.architecture": "llama", "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "smollm"}
    for key, wanted in expected.items():
        if value(key) != wanted:
            sys.exit(f"{file}: {key} is {value(key)}, and only {wanted} is known here")
    tensors = dict(weights(reader, value("llama.attention.head_count"), value("llama.attention.head_count_kv")))
    folder.mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    for name, content in {
        "config.json": config(value, "lm_head.weight" not in tensors),
        "tokenizer.json": tokenizer(value),
        "tokenizer_config.json": tokenizer_config(value),
    }.items():
        (folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("folder.py takes a GGUF file and the folder to be made")
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
