"""Lines that are hard on tokenizers, of everything that texts are made of."""

import random

BLANKS = [" ", "  ", "   ", "    ", "\t", "\n", "\r\n", "\n\n", " \n", "\u00a0", "\u3000", "\u2009", "\u200b", "\u2028", "\x85", "\x0b", "\x0c", "        "]
SIGNS = ["'s", "'LL", "'Re", "n't", "''", "``", "--", "...", "…", "“", "”", "’", "—", "!?", "()", "[]", "{};", "=>", "!=", "//", "/*", "#", "@", "$", "%", "^", "&&", "||", "~", "`", "\\", "<b>", "</h1>", "▁", "▁▁", "_", "__init__", "<", ">"]
CONTROL = ["\x01", "\x07", "\x1b[31m", "\x7f", "\ufeff", "\ufffd", "\u00ad", "\u200d", "\u200e", "\u202e", "\ue000", "\ufdd0", "\U000e0001", "\U0010ffff"]
EMOJI = ["😀", "👩\u200d👩\u200d👧\u200d👦", "🇩🇪🇫🇷", "👍🏽", "❤️", "1️⃣", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "☃", "♥️"]
COMBINED = ["e\u0301", "a\u0308\u0301", "n\u0303o", "A\u030a", "\u0301", "ḍ̇", "q\u0323\u0307", "가", "\u1100\u1161", "ﬁ", "ﬀ", "½", "²", "Ⅷ", "ｆｕｌｌ　ｗｉｄｔｈ", "ｶﾞ", "İstanbul", "ẞ", "ſ", "ŉ", "Ω", "K", "ſ's", "Å"]
SCRIPTS = ["größe", "Ελληνικά", "Русский язык", "עברית", "العربية ١٢٣", "हिन्दी", "ภาษาไทย", "中文字符", "日本語テキスト", "한국어", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "Việt Nam", "ქართული", "አማርኛ", "𠜎𠜱", "Ǆǅǆ", "naïve café", "ELÁN"]
NUMBERS = ["0", "7", "42", "2024", "3.14159", "1,000,000", "0x1F", "1e-10", "١٢", "１２３", "00000", "12345678901234567890"]
SPECIAL = ["<s>", "</s>", "<unk>", "<pad>", "<mask>", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "[CLS]", "[SEP]", "[MASK]", "[INST]", "[/INST]", "<bos>", "<eos>", "<start_of_turn>", "<extra_id_0>", "<extra_id_99>", "<0x0A>", "<0xE2>", "<unused1>", "<tool_call>", "<extra>", "plain word", "<|plugin|>", "<|begin_of_text|>", "<|eot_id|>", "<|extra_1|>", "<|endofprompt|>", "<SPECIAL_9>", "[IMG]", "[UNUSED_TOKEN_1]"]


def lines(texts, count, seed):
    """So many lines: the first ones are short, the rest is mixed of parts of the texts and of what is listed above."""
    drawn = random.Random(seed)
    listed = [BLANKS, SIGNS, CONTROL, EMOJI, COMBINED, SCRIPTS, NUMBERS, SPECIAL]
    result = ["", " ", "a", *(one for kind in listed for one in kind)]
    drawn.shuffle(result)
    while len(result) < count:
        result.append(mixed(drawn, texts, listed))
    return result[:count]


def mixed(drawn, texts, listed):
    text = ""
    for _ in range(drawn.randint(1, 9)):
        kind = drawn.random()
        if kind < 0.35:
            text += part(drawn, drawn.choice(texts))
        elif kind < 0.4:
            text += "".join(character(drawn) for _ in range(drawn.randint(1, 5)))
        else:
            text += drawn.choice(drawn.choice(listed)) * (1 if drawn.random() < 0.9 else drawn.randint(2, 5))
        if drawn.random() < 0.4:
            text += drawn.choice(BLANKS) if drawn.random() < 0.3 else " "
    return text


def part(drawn, line):
    start = drawn.randrange(len(line) + 1)
    return line[start : start + drawn.randint(1, 40)]


def character(drawn):
    """Any but one half of another, and the one that ends texts in C."""
    while True:
        plane = drawn.choice([0x80, 0x800, 0x3000, 0x10000, 0x20000, 0x110000])
        code = drawn.randrange(1, plane)
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code)
