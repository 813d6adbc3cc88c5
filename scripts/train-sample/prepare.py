"""Step 1: texts -> tokenizer.json, train.npy, valid.npy.

Cuts the texts into documents, sets some of them aside for validation, learns a byte-level BPE
tokenizer on the rest and encodes both parts. Whole documents are set aside, not lines, so that the
validation text is really unseen.
"""

import argparse
import os
import random

import numpy as np

from bpe import Tokenizer


def read_ascii(path):
    with open(path, "rb") as file:
        data = file.read()
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.isascii():
            raise SystemExit(f"{path}:{number}: not ASCII (replace curly quotes, dashes, accents)")
    return data.decode("ascii").replace("\r\n", "\n")


def chapters(text):
    """One document for each block of lines between blank lines."""
    blocks = (block.strip("\n") for block in text.split("\n\n"))
    return [block + "\n" for block in blocks if block]


def pieces(text, size):
    """Documents of a little more than `size` characters, cut at blank lines."""
    documents, current = [], ""
    for part in text.split("\n\n"):
        current += part + "\n\n"
        if len(current) > size:
            documents.append(current)
            current = ""
    if current:
        documents.append(current)
    return documents


def main():
    parser = argparse.ArgumentParser(
        description="Learn a tokenizer and encode texts for training.",
        epilog="At least one of --chapters and --text is needed; both can be given several times.",
    )
    parser.add_argument("--chapters", action="append", default=[], metavar="FILE",
                        help="a text whose blank lines separate documents, such as chapters")
    parser.add_argument("--text", action="append", default=[], metavar="FILE",
                        help="a text to be cut into documents of about --piece characters")
    parser.add_argument("--piece", type=int, default=4000, metavar="N",
                        help="characters in a document cut from --text (default: %(default)s)")
    parser.add_argument("--vocabulary", type=int, default=1024, metavar="N",
                        help="number of tokens (default: %(default)s)")
    parser.add_argument("--valid-share", type=float, default=0.06, metavar="X",
                        help="share of the documents set aside (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the shuffle (default: %(default)s)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write to")
    args = parser.parse_args()
    if not args.chapters and not args.text:
        parser.error("give a text with --chapters or --text")
    if args.vocabulary < 257:
        parser.error("--vocabulary: the start token and the 256 bytes need 257 tokens")

    documents = []
    for path in args.chapters:
        documents += chapters(read_ascii(path))
    for path in args.text:
        documents += pieces(read_ascii(path), args.piece)
    random.Random(args.seed).shuffle(documents)
    held_out = int(len(documents) * args.valid_share)
    if held_out == 0:
        raise SystemExit(f"{len(documents)} documents leave none for validation: give more text, a "
                         "smaller --piece or a larger --valid-share")
    parts = {"valid": documents[:held_out], "train": documents[held_out:]}

    tokenizer = Tokenizer.learn(parts["train"], args.vocabulary)
    os.makedirs(args.out, exist_ok=True)
    tokenizer.write(os.path.join(args.out, "tokenizer.json"))
    for name, texts in parts.items():
        ids = [id_ for text in texts for id_ in tokenizer.encode(text)]
        np.save(os.path.join(args.out, name + ".npy"), np.array(ids, dtype=np.uint16))
        characters = sum(map(len, texts))
        print(f"{name}: {len(texts)} documents, {characters} characters, {len(ids)} tokens, "
              f"{characters / len(ids):.2f} characters per token")


if __name__ == "__main__":
    main()
