package io.github.swscan.text.tokenizer;

import io.github.swscan.input.InputException;
import java.nio.file.Path;
import java.util.Optional;

/** A tokenizer that is stored as something else than a tokenizer.json, and is made one in memory. */
public sealed interface ConvertedTokenizer permits GgufTokenizer, TokenizerFolder {

    /** Where it is from, for messages. */
    Path file();

    /** Why it cannot be used, as far as that is known before the vocabulary is read; empty if it can. */
    Optional<InputException> refusal();

    /**
     * The tokenizer.json, in UTF-8. Its size is in proportion to that of what it is made of.
     *
     * @throws InputException if the tokenizer is malformed or not supported
     */
    byte[] json();
}
