/** Tensors of any format: where they lie, the types of their numbers, blocks and scales. */
package io.github.swscan.checkpoint.tensor;
