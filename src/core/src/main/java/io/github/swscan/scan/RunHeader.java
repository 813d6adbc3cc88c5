package io.github.swscan.scan;

import io.github.swscan.text.TokenSet;
import java.util.Optional;

/**
 * How a scan is going to run.
 *
 * @param tokens what the model is given to read
 * @param device where it computes, as reports name it
 * @param precision the type of number it multiplies in, as reports name it
 * @param fallback why that is the CPU where a GPU could be expected, in one line
 */
public record RunHeader(TokenSet tokens, String device, String precision, Optional<String> fallback) {}
