package io.github.swscan.text;

import java.util.Optional;

/**
 * What a model can be given to read.
 *
 * @param vocabularySize token ids lie below it
 * @param contextLength the longest sequence that the model was made for, in tokens
 * @param positions the longest sequence that can be computed, where there is a limit
 * @param firstToken what a sequence begins with
 * @param bidirectional whether tokens see what follows them too, so that what is predicted is a token in its own place; else
 *     the next one
 */
public record TokenLimits(
        int vocabularySize, int contextLength, Optional<Integer> positions, int firstToken, boolean bidirectional) {}
