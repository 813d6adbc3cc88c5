"""Step 3: a trained model + its tokenizer -> a folder in Hugging Face layout.

The folder holds config.json, model.safetensors (in the precision asked for), tokenizer.json and
tokenizer_config.json.
"""

import argparse
import json
import os
import shutil

import safetensors_io

TORCH_NAMES = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}


def write_json(path, content, indent):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=indent)


def main():
    parser = argparse.ArgumentParser(description="Write a trained model in Hugging Face layout.")
    parser.add_argument("model", metavar="MODEL", help="folder that train.py wrote")
    parser.add_argument("--data", required=True, metavar="DIR",
                        help="folder with the tokenizer.json it was trained with")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--dtype", choices=sorted(TORCH_NAMES), default="f32",
                        help="precision of the weights (default: %(default)s)")
    args = parser.parse_args()

    tensors = safetensors_io.load(os.path.join(args.model, "model.safetensors"))
    with open(os.path.join(args.model, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    config.update(
        torch_dtype=TORCH_NAMES[args.dtype],
        rope_scaling=None,
        pretraining_tp=1,
        use_cache=True,
        attention_dropout=0.0,
    )
    os.makedirs(args.out, exist_ok=True)
    weights = os.path.join(args.out, "model.safetensors")
    safetensors_io.save(weights, tensors, args.dtype)
    write_json(os.path.join(args.out, "config.json"), config, indent=2)
    shutil.copyfile(os.path.join(args.data, "tokenizer.json"),
                    os.path.join(args.out, "tokenizer.json"))
    write_json(os.path.join(args.out, "tokenizer_config.json"),
               {
                   "tokenizer_class": "PreTrainedTokenizerFast",
                   "bos_token": "<s>",
                   "add_bos_token": True,
                   "model_max_length": config["max_position_embeddings"],
               }, indent=1)
    print(f"{args.out}: {len(tensors)} tensors, {os.path.getsize(weights)} bytes of weights")


if __name__ == "__main__":
    main()
