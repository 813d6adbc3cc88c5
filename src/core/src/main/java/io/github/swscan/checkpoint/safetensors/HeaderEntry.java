package io.github.swscan.checkpoint.safetensors;

import io.github.swscan.checkpoint.tensor.DType;
import java.util.List;

/**
 * A tensor as a safetensors header states it.
 *
 * @param begin where it begins, in bytes from the start of the data, not of the file
 * @param end the byte after its last, likewise
 */
record HeaderEntry(String name, DType dtype, List<Long> shape, long begin, long end) {}
