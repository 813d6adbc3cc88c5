#!/usr/bin/env python3
"""Times default scans of a 1.1B model in quantized formats beside the same model in float32, in turn.

    pip install numpy gguf
    scripts/quantized-benchmark/benchmark.py FOLDER [--pairs 5] [FORMAT...]

FOLDER takes 20 GB. Weights are random codes under one scale, laid out as the libraries write them: what they stand for does
not matter here. Prints the median of the ratios, of the time that passed and of the processors' time.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import struct
import subprocess
import tempfile
import time

import gguf
import numpy as np

SWSCAN = pathlib.Path(__file__).resolve().parents[1] / "swscan"
HIDDEN, INTERMEDIATE, LAYERS, HEADS, KEY_HEADS, VOCABULARY = 2048, 5632, 22, 32, 4, 32000
GROUP = 128
SCALE = np.float16(0.02 / 4.6)
CONFIG = dict(
    architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=HIDDEN, intermediate_size=INTERMEDIATE,
    num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=KEY_HEADS, vocab_size=VOCABULARY,
    hidden_act="silu", rms_norm_eps=1e-5, rope_theta=10000.0, max_position_embeddings=2048, tie_word_embeddings=False,
    bos_token_id=1, eos_token_id=2, torch_dtype="float16",
)  # fmt: skip
TYPES = dict(float32="F32", float16="F16", int32="I32", uint32="U32", uint8="U8", int8="I8", int64="I64")
NF4 = [-1, -.6961928, -.52507305, -.39491749, -.28444138, -.18477343, -.09105004, 0, .0795803, .1609302, .2461123,
       .33791524, .44070983, .562617, .72295684, 1]  # fmt: skip


def linears():
    keys = HIDDEN // HEADS * KEY_HEADS
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        for name, outputs in (("q", HIDDEN), ("k", keys), ("v", keys), ("o", HIDDEN)):
            yield f"{at}self_attn.{name}_proj", outputs, HIDDEN
        for name, outputs, inputs in (("gate", INTERMEDIATE, HIDDEN), ("up", INTERMEDIATE, HIDDEN)):
            yield f"{at}mlp.{name}_proj", outputs, inputs
        yield f"{at}mlp.down_proj", HIDDEN, INTERMEDIATE


def words(codes):
    """Eight 4-bit codes in each word, the first lowest."""
    parts = codes.reshape(codes.shape[:-1] + (-1, 8)).astype(np.uint32)
    return np.bitwise_or.reduce(parts << (4 * np.arange(8, dtype=np.uint32)), axis=-1)


def scales(codes, group=GROUP):
    return np.full((codes.shape[0], codes.shape[1] // group), SCALE)


def fp32(codes):
    yield ".weight", (codes.astype(np.float32) - 8) * np.float32(SCALE)


def gptq(codes):
    outputs, inputs = codes.shape
    yield ".qweight", words(codes).T.view(np.int32)
    yield ".qzeros", np.full((inputs // GROUP, outputs // 8), 0x77777777, np.int32)
    yield ".scales", scales(codes).T
    yield ".g_idx", (np.arange(inputs) // GROUP).astype(np.int32)


def awq(codes):
    outputs, inputs = codes.shape
    yield ".qweight", words(codes.T.reshape(inputs, -1, 8)[:, :, [0, 2, 4, 6, 1, 3, 5, 7]])[..., 0].view(np.int32)
    yield ".qzeros", np.full((inputs // GROUP, outputs // 8), 0x88888888, np.uint32).view(np.int32)
    yield ".scales", scales(codes).T


def compressed_tensors(codes):
    yield ".weight_packed", words(codes).view(np.int32)
    yield ".weight_scale", scales(codes)
    yield ".weight_shape", np.array(codes.shape, np.int64)


def compressed_tensors_int8(codes):
    yield ".weight", (codes.astype(np.int8) - 8) * 16
    yield ".weight_scale", np.full((codes.shape[0], 1), SCALE)


def nvfp4(codes):
    yield ".weight_packed", codes[:, 0::2] | codes[:, 1::2] << 4
    yield ".weight_scale", np.full((codes.shape[0], codes.shape[1] // 16), 0x38, np.uint8), "F8_E4M3"
    yield ".weight_global_scale", np.array([150], np.float32)


def mlx(codes):
    yield ".weight", words(codes)
    yield ".scales", scales(codes)
    yield ".biases", -8 * scales(codes)


def bitsandbytes(codes):
    state = dict(quant_type="nf4", blocksize=64, dtype="float16", shape=list(codes.shape))
    pairs = codes.reshape(-1, 2)
    yield ".weight", (pairs[:, 0] << 4 | pairs[:, 1]).reshape(-1, 1)
    yield ".weight.absmax", np.full(codes.size // 64, 0.04, np.float32)
    yield ".weight.quant_map", np.array(NF4, np.float32)
    yield ".weight.quant_state.bitsandbytes__nf4", np.frombuffer(json.dumps(state).encode(), np.uint8)


def hqq(codes):
    groups = codes.reshape(-1, 64)
    half = len(groups) // 2
    yield ".W_q", groups[:half] << 4 | groups[half:]
    yield ".scale", np.full((len(groups), 1), SCALE)
    yield ".zero", np.full((len(groups), 1), 8, np.float16)
    yield ".packing", np.frombuffer(b"4bit_u8", np.uint8)
    yield ".shape", np.array(codes.shape, np.int64)
    for name, value in (("nbits", 4), ("group_size", 64), ("axis", 1), ("view_as_float", 0)):
        yield f".{name}", np.array(value, np.int32)


def fp8(codes):
    rows, columns = (-(-size // 128) for size in codes.shape)
    yield ".weight", (codes & 7) * 9 + ((codes & 8) << 4), "F8_E4M3"
    yield ".weight_scale_inv", np.full((rows, columns), 0.02, np.float32)


def compressed(layout, **weights):
    group = dict(targets=["Linear"], weights=dict(symmetric=True) | weights)
    return dict(quant_method="compressed-tensors", format=layout, config_groups=dict(group_0=group), ignore=["lm_head"])


FORMATS = {
    "fp32": (fp32, None),
    "gptq": (gptq, dict(quant_method="gptq", bits=4, group_size=GROUP, sym=True, desc_act=False)),
    "awq": (awq, dict(quant_method="awq", bits=4, group_size=GROUP, zero_point=True, version="gemm")),
    "compressed-tensors": (
        compressed_tensors,
        compressed("pack-quantized", num_bits=4, type="int", strategy="group", group_size=GROUP),
    ),
    "compressed-tensors-int8": (
        compressed_tensors_int8,
        compressed("int-quantized", num_bits=8, type="int", strategy="channel"),
    ),
    "nvfp4": (nvfp4, compressed("nvfp4-pack-quantized", num_bits=4, type="float", strategy="tensor_group", group_size=16)),
    "mlx": (mlx, dict(group_size=GROUP, bits=4)),
    "bitsandbytes": (bitsandbytes, dict(quant_method="bitsandbytes", load_in_4bit=True, bnb_4bit_quant_type="nf4")),
    "hqq": (hqq, dict(quant_method="hqq", quant_config=dict(weight_quant_params=dict(nbits=4, group_size=64, axis=1)))),
    "fp8": (fp8, dict(quant_method="fp8", weight_block_size=[128, 128], activation_scheme="dynamic")),
}

# The type, and bytes of a block that must not be random: its scale.
BLOCKS = {
    "gguf-q4_k": (gguf.GGMLQuantizationType.Q4_K, {0: b"\x66\x04", 2: b"\x33\x08"}),
    "gguf-q8_0": (gguf.GGMLQuantizationType.Q8_0, {0: b"\x00\x08"}),
    "gguf-iq4_xs": (gguf.GGMLQuantizationType.IQ4_XS, {0: b"\x20\x00"}),
    "gguf-iq2_xxs": (gguf.GGMLQuantizationType.IQ2_XXS, {0: b"\x00\x10"}),
    "gguf-mxfp4": (gguf.GGMLQuantizationType.MXFP4, {0: b"\x77"}),
}


def write_safetensors(name, folder):
    layout, quantization = FORMATS[name]
    config = CONFIG | (dict(quantization_config=quantization) if quantization else {})
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config | (dict(quantization=quantization) if name == "mlx" else {})))
    random, plain = np.random.default_rng(0), np.float32 if name == "fp32" else np.float16
    header, at = {}, 0
    with tempfile.TemporaryFile(dir=folder) as body:

        def add(tensor, values, dtype=None):
            nonlocal at
            body.write(np.ascontiguousarray(values).tobytes())
            place = [at, at + values.nbytes]
            header[tensor] = dict(dtype=dtype or TYPES[str(values.dtype)], shape=list(values.shape), data_offsets=place)
            at += values.nbytes

        for tensor in ("model.embed_tokens.weight", "lm_head.weight"):
            add(tensor, (random.standard_normal((VOCABULARY, HIDDEN), np.float32) * 0.02).astype(plain))
        add("model.norm.weight", np.ones(HIDDEN, plain))
        for layer in range(LAYERS):
            for norm in ("input_layernorm", "post_attention_layernorm"):
                add(f"model.layers.{layer}.{norm}.weight", np.ones(HIDDEN, plain))
        for module, outputs, inputs in linears():
            for ending, *values in layout(random.integers(1, 16, (outputs, inputs), dtype=np.uint8)):
                add(module + ending, *values)
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        body.seek(0)
        with open(folder / "model.safetensors", "wb") as out:
            out.write(struct.pack("<Q", len(text)) + text)
            while part := body.read(1 << 26):
                out.write(part)
    return folder


def write_gguf(name, file):
    kind, fixed = BLOCKS[name]
    size, length = gguf.GGML_QUANT_SIZES[kind]
    names = dict(self_attn_q="attn_q", self_attn_k="attn_k", self_attn_v="attn_v", self_attn_o="attn_output")
    names |= dict(mlp_gate="ffn_gate", mlp_up="ffn_up", mlp_down="ffn_down")
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_context_length(2048)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INTERMEDIATE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_vocab_size(VOCABULARY)
    for tensor in ("token_embd.weight", "output.weight"):
        writer.add_tensor(tensor, (random.standard_normal((VOCABULARY, HIDDEN)) * 0.02).astype(np.float16))
    norms = ["output_norm"] + [f"blk.{n}.{norm}" for n in range(LAYERS) for norm in ("attn_norm", "ffn_norm")]
    for norm in norms:
        writer.add_tensor(f"{norm}.weight", np.ones(HIDDEN, np.float32))
    for module, outputs, inputs in linears():
        _, _, layer, part, projection = module.split(".")
        blocks = random.integers(0, 256, (outputs * inputs // size, length), dtype=np.uint8)
        for place, scale in fixed.items():
            blocks[:, place : place + len(scale)] = np.frombuffer(scale, np.uint8)
        name = names[f"{part}_{projection.removesuffix('_proj')}"]
        writer.add_tensor(f"blk.{layer}.{name}.weight", blocks.reshape(outputs, -1), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def model(name, folder):
    place = folder / (f"{name}.gguf" if name in BLOCKS else name)
    if place.exists():
        return place
    return write_gguf(name, place) if name in BLOCKS else write_safetensors(name, place)


def scan(place, ids, report):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [SWSCAN, "detect", place, "--token-ids", ids, "--precision", "fp32", "--report", report, "--quiet"]
    subprocess.run([str(part) for part in command], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("formats", nargs="*", default=[*FORMATS, *BLOCKS], metavar="FORMAT")
    arguments.add_argument("--pairs", type=int, default=5)
    given = arguments.parse_args()
    os.makedirs(given.folder, exist_ok=True)
    ids, report = given.folder / "ids.json", given.folder / "report.json"
    random = np.random.default_rng(1)
    ids.write_text(json.dumps(random.integers(3, VOCABULARY, (2, 256)).tolist()))
    names = ["fp32", *(name for name in given.formats if name != "fp32")]
    places = {name: model(name, given.folder) for name in names}
    rounds = [{name: scan(place, ids, report) for name, place in places.items()} for _ in range(given.pairs)]
    for name in names:
        passed, computed = (
            statistics.median(one[name][kind] / one["fp32"][kind] for one in rounds) for kind in (0, 1)
        )
        print(f"{name:26} {passed:.2f} {computed:.2f}")


if __name__ == "__main__":
    main()
