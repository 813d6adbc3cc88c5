package io.github.swscan.checkpoint.pytorch;

import io.github.swscan.checkpoint.tensor.DType;
import java.util.List;

/**
 * A tensor as PyTorch pickles it: a view of a storage.
 *
 * @param storage the key of the storage
 * @param dtype the type of the storage's elements
 * @param storageElements how many elements the storage is said to have
 * @param first the storage's element that is the tensor's first
 * @param shape its dimensions, outermost first
 * @param strides from one entry to the next in each dimension, in elements
 */
record PickledTensor(
        String storage, DType dtype, long storageElements, long first, List<Long> shape, List<Long> strides) {

    PickledTensor {
        shape = List.copyOf(shape);
        strides = List.copyOf(strides);
    }
}
