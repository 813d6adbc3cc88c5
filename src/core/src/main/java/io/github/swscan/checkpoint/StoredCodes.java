package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.blocks.BlockElements;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.Float8Elements;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Optional;

/** What is known of the codes of quantized tensors, of whatever kind. */
public final class StoredCodes {

    private StoredCodes() {}

    /** How the elements of a tensor are stored, if it is quantized and each of them has a code of its own. */
    public static Optional<ElementCodes> of(TensorInfo tensor) {
        if (tensor.codes().isPresent()) {
            return tensor.codes().get().elementCodes();
        }
        if (tensor.dtype().isFloat8()) {
            return Optional.of(new Float8Elements(tensor));
        }
        return BlockElements.of(tensor);
    }

    /** Why there are no such codes, for people, as a sentence. */
    public static String missing(TensorInfo tensor) {
        return tensor.codes()
                .map(Codes::withoutElementCodes)
                .orElse("In " + tensor.storedType()
                        + " a code stands for several weights together, so that none has one of its own.");
    }

    /** How many bits a code of a quantized tensor has, without scales; where codes stand for several elements, of each about. */
    public static int bits(TensorInfo tensor) {
        return tensor.codes()
                .map(Codes::bits)
                .or(() -> of(tensor).map(elements -> elements.code(0).bits()))
                .orElse(tensor.dtype().bytes() * Byte.SIZE / tensor.dtype().blockElements());
    }
}
