package io.github.swscan.detect;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.forward.Peak;

/** The activation peaks of the output projection of one recurrence in the unedited model. */
public record RecurrencePeaks(int layer, Matrix matrix, Peak input, Peak output) {}
