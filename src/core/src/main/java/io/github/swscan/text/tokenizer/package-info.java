/** Tokenizers: tokenizer.json, those that GGUF files carry, and those in other files, which become a tokenizer.json. */
package io.github.swscan.text.tokenizer;
