package io.github.swscan.text.tokenizer;

/** Joins two neighbours, {@code left} and {@code right}, to one token. */
record Merge(String left, String right) {}
