"""Small vocabularies in the files, and made with the options, of real tokenizers."""

import base64
import io
import json
import unicodedata

import sentencepiece
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

LLAMA3 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
QWEN = LLAMA3.replace("{1,3}", "")
TEKKEN = r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""


class Maker:
    """Makes vocabularies of some size out of lines of text."""

    def __init__(self, folder, lines, size, normalization=None):
        """normalization: a file of rules in place of those of SentencePiece, which take 240 kB in each model."""
        self.folder, self.lines, self.size, self.normalization = folder, lines, size, normalization

    def write(self, name, files):
        """A folder with files: bytes, text, or what becomes JSON."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            if isinstance(content, bytes):
                (folder / file).write_bytes(content)
            else:
                text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
                (folder / file).write_text(text, encoding="utf-8")

    def byte_level(self, pattern=None, normalizer=None, first=(), prefix=False):
        """Tokens and merges of GPT-2's encoding, or of one that takes texts apart in another way."""
        made = tokenizers.Tokenizer(models.BPE())
        if normalizer:
            made.normalizer = normalizer
        if pattern:
            split = pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated")
            made.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
        else:
            made.pre_tokenizer = pre_tokenizers.ByteLevel(prefix)
        trainer = trainers.BpeTrainer(
            vocab_size=self.size,
            special_tokens=list(first),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        made.train_from_iterator(self.lines, trainer)
        model = json.loads(made.to_str())["model"]
        return model["vocab"], [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]

    def pairs(self, vocabulary, merges):
        return {"vocab.json": vocabulary, "merges.txt": "#version: 0.2\n" + "".join(m + "\n" for m in merges)}

    def ranks(self, pattern, normalizer=None):
        """Tokens as bytes in the order of their ranks."""
        vocabulary, _ = self.byte_level(pattern, normalizer)
        values = {character: value for value, character in enumerate(byte_characters())}
        return [bytes(values[c] for c in token) for token, _ in sorted(vocabulary.items(), key=lambda one: one[1])]

    def pieces(self, **options):
        """A model of SentencePiece."""
        model = io.BytesIO()
        if self.normalization and options.get("normalization_rule_name") != "identity":
            options = {**options, "normalization_rule_name": "", "normalization_rule_tsv": str(self.normalization)}
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(line for line in self.lines if line.strip()),
            model_writer=model,
            vocab_size=self.size,
            hard_vocab_limit=False,
            minloglevel=2,
            **options,
        )
        return model.getvalue()


def byte_characters():
    """The characters that stand for the bytes 0 to 255, after OpenAI's bytes_to_unicode."""
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = iter(range(256, 512))
    return [chr(value) if value in visible else chr(next(others)) for value in range(256)]


def write_rules(file):
    """A few of the rules of nmt_nfkc."""
    characters = ["\t", "\n", "\r", "\u00a0", "\u2009", "\u3000", "\u0001", "\u007f", "\ufb01", "\ufb00", "\u00bd", "\u00b2", "\u2126"]
    characters += map(chr, range(0xFF01, 0xFF5F))
    with open(file, "w", encoding="ascii") as rules:
        for character in characters:
            becomes = unicodedata.normalize("NFKC", character)
            becomes = " " if becomes.isspace() else "" if character in "\u0001\u007f" else becomes
            rules.write(f"{ord(character):X}\t{' '.join(f'{ord(one):X}' for one in becomes)}\n")


def tiktoken_text(ranks):
    return b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(ranks))


def added(tokens, **options):
    """added_tokens_decoder of tokens and their ids."""
    standard = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    return {str(number): {"content": token, **standard, **options} for token, number in tokens.items()}


LLAMA_OPTIONS = {
    "model_type": "bpe",
    "character_coverage": 0.99995,
    "byte_fallback": True,
    "split_digits": True,
    "allow_whitespace_only_pieces": True,
    "remove_extra_whitespaces": False,
    "normalization_rule_name": "identity",
    "max_sentence_length": 100_000,
}


def make_all(maker):
    """All vocabularies, each in a folder of its own."""
    gpt2(maker)
    qwen2(maker)
    other_byte_level(maker)
    llama(maker)
    gemma(maker)
    words(maker)
    unigram(maker)
    tiktoken_files(maker)


def gpt2(maker):
    vocabulary, merges = maker.byte_level()
    vocabulary["<|endoftext|>"] = len(vocabulary)
    config = {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": False, "model_max_length": 1024}
    maker.write("gpt2", {**maker.pairs(vocabulary, merges), "tokenizer_config.json": config, "config.json": {"model_type": "gpt2"}})


def qwen2(maker):
    vocabulary, merges = maker.byte_level(QWEN, normalizers.NFC())
    size = len(vocabulary)
    names = {"<|endoftext|>": size, "<|im_start|>": size + 1, "<|im_end|>": size + 2}
    config = {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_prefix_space": False,
        "added_tokens_decoder": {**added(names), **added({"<tool_call>": size + 3}, special=False)},
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "split_special_tokens": False,
    }
    maker.write("qwen2", {**maker.pairs(vocabulary, merges), "tokenizer_config.json": config, "config.json": {"model_type": "qwen2"}})


def other_byte_level(maker):
    vocabulary, merges = maker.byte_level(first=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    mask = {"__type": "AddedToken", "content": "<mask>", "lstrip": True, "normalized": True, "rstrip": False, "single_word": False}
    maker.write("roberta", {
        **maker.pairs(vocabulary, merges),
        "tokenizer_config.json": {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True, "mask_token": mask},
        "config.json": {"model_type": "roberta"},
    })
    # OPT as it was saved by older versions: special_tokens_map.json, and a token in added_tokens.json.
    maker.write("opt", {
        **maker.pairs(vocabulary, merges),
        "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "errors": "replace"},
        "special_tokens_map.json": {
            "bos_token": {"content": "</s>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
            "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<pad>",
        },
        "added_tokens.json": {"<extra>": len(vocabulary), "plain word": len(vocabulary) + 1},
        "config.json": {"model_type": "opt"},
    })
    vocabulary, merges = maker.byte_level(normalizer=normalizers.NFC(), first=["<|endoftext|>", "<|padding|>"])
    maker.write("gpt-neox", {
        **maker.pairs(vocabulary, merges),
        "tokenizer_config.json": {"tokenizer_class": "GPTNeoXTokenizer"},
        "config.json": {"model_type": "gpt_neox"},
    })


    vocabulary, merges = maker.byte_level(normalizer=normalizers.NFC(), first=["<PAD>", "<UNK>", "<CLS>", "<SEP>", "<MASK_TOKEN>", "<BOS_TOKEN>"])
    maker.write("cohere", {
        **maker.pairs(vocabulary, merges),
        "tokenizer_config.json": {"tokenizer_class": "CohereTokenizer", "add_bos_token": True, "add_eos_token": False},
        "config.json": {"model_type": "cohere"},
    })
    made = tokenizers.Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.BpeTrainer(vocab_size=maker.size, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False)
    made.train_from_iterator(maker.lines, trainer)
    model = json.loads(made.to_str())["model"]
    maker.write("openai-gpt", {
        **maker.pairs(model["vocab"], [" ".join(merge) for merge in model["merges"]]),
        "tokenizer_config.json": {"tokenizer_class": "OpenAIGPTTokenizer"},
        "config.json": {"model_type": "openai-gpt"},
    })


def llama(maker):
    model = maker.pieces(**LLAMA_OPTIONS)
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": True, "add_eos_token": False}
    config = {"tokenizer_class": "LlamaTokenizer", "legacy": False, **tokens}
    llama = {"config.json": {"model_type": "llama"}}
    maker.write("llama2", {"tokenizer.model": model, "tokenizer_config.json": config, **llama})
    maker.write("llama-legacy", {"tokenizer.model": model, "tokenizer_config.json": {**config, "legacy": True}, **llama})
    maker.write("code-llama", {
        "tokenizer.model": model,
        "tokenizer_config.json": {"tokenizer_class": "CodeLlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
        **llama,
    })
    # No class, or one that the family does without: SentencePiece's own options decide.
    maker.write("mistral", {
        "tokenizer.model": model,
        "tokenizer_config.json": {**config, "tokenizer_class": "LlamaTokenizer"},
        "config.json": {"model_type": "phi3"},
    })
    user = maker.pieces(**LLAMA_OPTIONS, user_defined_symbols=["<|im_start|>", "[UNUSED_TOKEN_1]", "\n\n", "aaa"], pad_id=3, add_dummy_prefix=False)
    maker.write("internlm2", {
        "tokenizer.model": user,
        "tokenizer_config.json": {
            "tokenizer_class": "InternLM2Tokenizer", "add_bos_token": True, "bos_token": "<s>",
            "added_tokens_decoder": added({"<unk>": 0, "<s>": 1, "</s>": 2, "<|plugin|>": 5}),
        },
        "config.json": {"model_type": "internlm2"},
    })


def gemma(maker):
    symbols = ["<mask>", *(f"<unused{i}>" for i in range(5)), "<start_of_turn>", "<end_of_turn>", *("\n" * i for i in range(1, 9)), *("▁" * i for i in range(2, 9)), "<table>", "</h1>", "<b>"]
    model = maker.pieces(**LLAMA_OPTIONS, user_defined_symbols=symbols, add_dummy_prefix=False, pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>")
    config = {
        "tokenizer_class": "GemmaTokenizer", "add_bos_token": True, "add_eos_token": False,
        "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>",
        "added_tokens_decoder": added({"<pad>": 0, "<eos>": 1, "<bos>": 2, "<unk>": 3}),
        "legacy": None, "sp_model_kwargs": {}, "spaces_between_special_tokens": False,
    }
    maker.write("gemma", {"tokenizer.model": model, "tokenizer_config.json": config, "config.json": {"model_type": "gemma"}})


def words(maker):
    for name, lower, accents in [("bert-uncased", True, None), ("bert-cased", False, False)]:
        made = tokenizers.BertWordPieceTokenizer(lowercase=lower, strip_accents=accents)
        made.train_from_iterator(maker.lines, vocab_size=maker.size, show_progress=False)
        vocabulary = sorted(made.get_vocab().items(), key=lambda one: one[1])
        config = {"tokenizer_class": "BertTokenizer", "do_lower_case": lower, "strip_accents": accents, "tokenize_chinese_chars": True}
        maker.write(name, {
            "vocab.txt": "".join(token + "\n" for token, _ in vocabulary),
            "tokenizer_config.json": config,
            "config.json": {"model_type": "bert"},
        })


    made = tokenizers.BertWordPieceTokenizer(lowercase=True)
    special = ["<s>", "<pad>", "</s>", "[UNK]"]
    made.train_from_iterator(maker.lines, vocab_size=maker.size, special_tokens=special, show_progress=False)
    vocabulary = sorted(made.get_vocab().items(), key=lambda one: one[1])
    maker.write("mpnet", {
        "vocab.txt": "".join(token + "\n" for token, _ in vocabulary) + "<mask>\n",
        "tokenizer_config.json": {"tokenizer_class": "MPNetTokenizer"},
        "config.json": {"model_type": "mpnet"},
    })


def unigram(maker):
    nmt = {"model_type": "unigram", "normalization_rule_name": "nmt_nfkc", "max_sentence_length": 100_000}
    model = maker.pieces(**nmt, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, pad_piece="<pad>")
    extra = [f"<extra_id_{i}>" for i in range(100)]
    maker.write("t5", {
        "spiece.model": model,
        "tokenizer_config.json": {"tokenizer_class": "T5Tokenizer", "extra_ids": 100, "additional_special_tokens": extra, "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"},
        "config.json": {"model_type": "t5"},
    })
    fairseq = maker.pieces(**nmt)
    for name, tokenizer_class in [("xlm-roberta", "XLMRobertaTokenizer"), ("camembert", "CamembertTokenizer"), ("xglm", "XGLMTokenizer")]:
        maker.write(name, {
            "sentencepiece.bpe.model": fairseq,
            "tokenizer_config.json": {"tokenizer_class": tokenizer_class},
            "config.json": {"model_type": name},
        })
    albert = maker.pieces(
        **{**nmt, "normalization_rule_name": "nmt_nfkc_cf"}, pad_id=0, unk_id=1, eos_id=-1, bos_id=-1,
        control_symbols=["[CLS]", "[SEP]", "[MASK]"], user_defined_symbols=["(", ")", '"', "-", ".", "–", "£", "€"],
    )
    maker.write("albert", {
        "spiece.model": albert,
        "tokenizer_config.json": {"tokenizer_class": "AlbertTokenizer"},
        "config.json": {"model_type": "albert"},
    })
    maker.write("unigram", {"tokenizer.model": maker.pieces(**nmt, byte_fallback=True), "config.json": {"model_type": "llama"}})


def tiktoken_files(maker):
    ranks = maker.ranks(LLAMA3)
    size = len(ranks)
    names = {"<|begin_of_text|>": size, "<|end_of_text|>": size + 1, "<|eot_id|>": size + 4}
    maker.write("llama3", {
        "tokenizer.model": tiktoken_text(ranks),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>",
            "added_tokens_decoder": added(names), "add_bos_token": True,
        },
        "config.json": {"model_type": "llama"},
    })
    qwen = maker.ranks(QWEN, normalizers.NFC())
    maker.write("qwen", {
        "qwen.tiktoken": tiktoken_text(qwen),
        "tokenizer_config.json": {"tokenizer_class": "QWenTokenizer", "model_max_length": 8192},
        "config.json": {"model_type": "qwen"},
    })
    for name in ["cl100k_base", "o200k_base"]:
        maker.write(name, {f"{name}.tiktoken": tiktoken_text(ranks), "config.json": {"model_type": "llama"}})
    special = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[IMG]", "<pad>"]
    tokens = maker.ranks(TEKKEN)
    tokens = [bytes([value]) for value in range(256)] + [token for token in tokens if len(token) > 1]
    vocabulary = [{"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None} for rank, token in enumerate(tokens)]
    maker.write("tekken", {
        "tekken.json": {
            "config": {
                "pattern": TEKKEN, "num_vocab_tokens": len(tokens), "default_vocab_size": len(tokens) + 20 - 5,
                "default_num_special_tokens": 20, "version": "v3",
            },
            "vocab": vocabulary,
            "special_tokens": [{"rank": rank, "token_str": token, "is_control": True} for rank, token in enumerate(special)],
        },
        "config.json": {"model_type": "mistral"},
    })
