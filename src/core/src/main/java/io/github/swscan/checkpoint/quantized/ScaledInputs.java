package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.BlockShape;
import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Codes of a matrix whose inputs are multiplied with a factor each before they come to it: here its columns are, so that
 * it takes inputs as they are.
 *
 * @param factors one for each input
 */
public record ScaledInputs(Codes codes, TensorInfo factors) implements Codes {

    @Override
    public String method() {
        return codes.method();
    }

    @Override
    public int bits() {
        return codes.bits();
    }

    @Override
    public List<TensorInfo> tensors() {
        return Stream.concat(codes.tensors().stream(), Stream.of(factors)).toList();
    }

    @Override
    public TensorInfo.Place place(long element) {
        return codes.place(element);
    }

    @Override
    public Optional<ElementCodes> elementCodes() {
        return codes.elementCodes().map(elements -> new Elements(elements, factors));
    }

    /** An element's scale is that of its block times the factor of its input: others of the block have factors of theirs. */
    private record Elements(ElementCodes elements, TensorInfo factors) implements ElementCodes {

        @Override
        public BlockShape scaleBlocks() {
            return elements.scaleBlocks();
        }

        @Override
        public int count(int bits) {
            return elements.count(bits);
        }

        @Override
        public CodePlace code(long element) {
            return elements.code(element);
        }

        @Override
        public CodeBlock block(long element, Stored stored) {
            float[] factor = new StoredNumbers(stored).floats(factors);
            return elements.block(element, stored).scaledBy(factor[(int) (element % factor.length)]);
        }
    }

    @Override
    public Decoder decoder(Stored stored) {
        float[] factor = new StoredNumbers(stored).floats(factors);
        Decoder decoder = codes.decoder(stored);
        return (first, target) -> {
            FloatBuffer written = target.duplicate();
            decoder.decode(first, target);
            int input = (int) (first % factor.length);
            for (int i = written.position(); i < written.limit(); i++) {
                written.put(i, written.get(i) * factor[input]);
                input = input + 1 == factor.length ? 0 : input + 1;
            }
        };
    }
}
