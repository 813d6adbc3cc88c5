package io.github.swscan.forward;

import io.github.swscan.engine.Operations;

/**
 * What every part of the forward pass computes with.
 *
 * @param linear multiplies with weight matrices, as each branch has them
 * @param norm applies norms, and passes to the type in which weights are multiplied
 * @param operations all else that is done with arrays
 * @param carried what later layers read of earlier ones
 * @param weights the checkpoint's tensors as arrays; makes arrays of other numbers too
 */
record Compute(LinearPass linear, NormPass norm, Operations operations, Carried carried, Weights weights) {}
