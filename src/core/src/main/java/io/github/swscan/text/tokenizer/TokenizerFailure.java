package io.github.swscan.text.tokenizer;

/** The native library that tokenizes cannot be used, whatever the tokenizer. The message is one line for the user. */
public final class TokenizerFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    TokenizerFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
