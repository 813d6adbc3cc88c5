package io.github.swscan.architecture;

import java.util.Optional;

/**
 * How token ids enter the residual stream.
 *
 * @param tokens the tensor with one row per vocabulary entry [vocabulary, hidden]
 * @param positions the tensor with one row per position [positions, hidden], where positions are learned
 */
public record Embedding(String tokens, Optional<String> positions) {}
