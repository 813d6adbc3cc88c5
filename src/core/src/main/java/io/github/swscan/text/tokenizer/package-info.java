/** Tokenizers: tokenizer.json, and those that GGUF files carry. */
package io.github.swscan.text.tokenizer;
