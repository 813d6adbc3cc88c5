package io.github.swscan.detect;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.forward.Peak;
import java.util.OptionalInt;

/** The activation peaks of one down projection in the unedited model, and whether the output peak is a spike. */
public record LayerPeaks(int layer, OptionalInt expert, Matrix matrix, Peak input, Peak output, boolean spike) {}
