package io.github.swscan.architecture.family;

/**
 * A family of models.
 *
 * @param name the {@code model_type} of config.json
 * @param summary what its blocks are, in a sentence
 * @param compared what its numbers were compared with; empty: with nothing
 */
public record Family(String name, String summary, String compared) {}
