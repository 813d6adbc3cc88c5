"""A small byte-level BPE tokenizer: learns merges, encodes, reads and writes tokenizer.json.

It follows the layout of the GPT-2 tokenizer, so the tokenizer.json it writes works with the
Hugging Face `tokenizers` library and everything built on it.
"""

import collections
import json
import re

START_TOKEN = "<s>"

# How GPT-2 cuts a text into words. The text is ASCII, so [A-Za-z] stands for \p{L}.
WORD = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")


def _byte_alphabet():
    """Maps each byte to the printable character that stands for it in a byte-level vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = {byte: chr(byte) for byte in printable}
    for byte in range(256):
        if byte not in alphabet:
            alphabet[byte] = chr(256 + len(alphabet) - len(printable))
    return alphabet


ALPHABET = _byte_alphabet()


def _symbols(word):
    return [ALPHABET[byte] for byte in word.encode()]


class Tokenizer:
    def __init__(self, vocabulary, merges):
        self.vocabulary = vocabulary
        self.merges = merges
        self._rank = {pair: rank for rank, pair in enumerate(merges)}
        self._known = {}

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as file:
            model = json.load(file)["model"]
        # merges are written either as "a b" or as ["a", "b"]
        merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
        return cls(model["vocab"], merges)

    @classmethod
    def learn(cls, texts, size):
        """Learns `size` tokens: the start token, the 256 bytes, then the most frequent pairs."""
        counts = collections.Counter(word for text in texts for word in WORD.findall(text))
        words = [_symbols(word) for word in counts]
        frequencies = list(counts.values())

        vocabulary = {START_TOKEN: 0}
        for byte in sorted(ALPHABET):
            vocabulary[ALPHABET[byte]] = len(vocabulary)

        pairs = collections.Counter()
        words_with = collections.defaultdict(set)
        for index, word in enumerate(words):
            for pair in zip(word, word[1:]):
                pairs[pair] += frequencies[index]
                words_with[pair].add(index)

        merges = []
        while len(vocabulary) < size:
            # ties go to the pair that sorts last, so that the result depends on the text alone
            pair, count = max(pairs.items(), key=lambda item: (item[1], item[0]), default=(None, 0))
            if count <= 0:
                raise SystemExit(f"the text yields {len(vocabulary)} tokens, {size} are wanted")
            left, right = pair
            merges.append(pair)
            vocabulary[left + right] = len(vocabulary)
            for index in list(words_with[pair]):
                old, frequency = words[index], frequencies[index]
                for changed in zip(old, old[1:]):
                    pairs[changed] -= frequency
                new = words[index] = _merge(old, left, right)
                for changed in zip(new, new[1:]):
                    pairs[changed] += frequency
                    words_with[changed].add(index)
            pairs.pop(pair, None)
            words_with.pop(pair, None)
            if len(vocabulary) % 128 == 0:  # pairs that no longer occur only slow the search down
                pairs = collections.Counter({p: n for p, n in pairs.items() if n > 0})
        return cls(vocabulary, merges)

    def encode(self, text):
        """Returns the ids of a text, without a start token."""
        return [id_ for word in WORD.findall(text) for id_ in self._encode_word(word)]

    def _encode_word(self, word):
        if word not in self._known:
            symbols = _symbols(word)
            never = len(self._rank)
            while len(symbols) > 1:
                rank, at = min(
                    (self._rank.get((symbols[i], symbols[i + 1]), never), i)
                    for i in range(len(symbols) - 1)
                )
                if rank == never:
                    break
                symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
            self._known[word] = [self.vocabulary[symbol] for symbol in symbols]
        return self._known[word]

    def write(self, path):
        start = {"SpecialToken": {"id": START_TOKEN, "type_id": 0}}
        first = {"Sequence": {"id": "A", "type_id": 0}}
        second = {"Sequence": {"id": "B", "type_id": 1}}
        content = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [
                {
                    "id": 0,
                    "content": START_TOKEN,
                    "single_word": False,
                    "lstrip": False,
                    "rstrip": False,
                    "normalized": False,
                    "special": True,
                }
            ],
            "normalizer": None,
            "pre_tokenizer": {
                "type": "ByteLevel",
                "add_prefix_space": False,
                "trim_offsets": True,
                "use_regex": True,
            },
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [start, first],
                "pair": [start, first, second],
                "special_tokens": {
                    START_TOKEN: {"id": START_TOKEN, "ids": [0], "tokens": [START_TOKEN]}
                },
            },
            "decoder": {
                "type": "ByteLevel",
                "add_prefix_space": True,
                "trim_offsets": True,
                "use_regex": True,
            },
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": False,
                "ignore_merges": False,
                "vocab": self.vocabulary,
                "merges": [f"{left} {right}" for left, right in self.merges],
            },
        }
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)


def _merge(symbols, left, right):
    merged, i = [], 0
    while i < len(symbols):
        if symbols[i : i + 2] == [left, right]:
            merged.append(left + right)
            i += 2
        else:
            merged.append(symbols[i])
            i += 1
    return merged
