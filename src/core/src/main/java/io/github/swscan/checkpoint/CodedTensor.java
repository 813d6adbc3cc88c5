package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;

/**
 * A quantized tensor each of whose elements has a code of its own. What a code stands for in the place of another is found
 * out by the decoder, which is given that code.
 *
 * <p>It and its elements read from the checkpoint's files whenever they are asked something. Not for use by several threads.
 */
public final class CodedTensor {

    private final TensorInfo tensor;
    private final ElementCodes codes;
    private final StoredBytes bytes;
    private final StoredNumbers numbers;
    private final TriedCode tried;
    private final StoredNumbers trying;

    CodedTensor(TensorInfo tensor, ElementCodes codes, StoredBytes bytes, StoredNumbers numbers) {
        this.tensor = tensor;
        this.codes = codes;
        this.bytes = bytes;
        this.numbers = numbers;
        this.tried = new TriedCode(codes.code(0));
        this.trying = numbers.readFrom(bytes.with(tried));
    }

    /** One of its elements, in row-major order. */
    public CodedElement at(long element) {
        return new CodedElement(tensor, element, codes, bytes, numbers, (place, bits) -> {
            tried.set(place, bits);
            return trying.floats(tensor, element, 1, 1)[0];
        });
    }
}
