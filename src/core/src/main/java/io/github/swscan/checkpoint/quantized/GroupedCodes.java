package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Codes with a scale and a zero point for each group of inputs of each output: the weight is (number - zero) * scale, or
 * number * scale + bias, in float32, the number being that of the code. GPTQ, AWQ, compressed-tensors, MLX and others differ
 * in how they pack codes and in which way round scales lie.
 *
 * @param outputs rows of the matrix
 * @param inputs columns of the matrix
 * @param words the codes
 * @param scales one for each group and output
 * @param zeros zero points, or biases
 */
public record GroupedCodes(
        String method,
        int outputs,
        int inputs,
        CodeWords words,
        InputGroups groups,
        ScaleTable scales,
        ZeroPoints zeros)
        implements Codes {

    @Override
    public int bits() {
        return words.bits();
    }

    @Override
    public List<TensorInfo> tensors() {
        return Stream.concat(Stream.of(words.tensor()), scales.tensors().stream())
                .toList();
    }

    /** Where codes lie in a packing that is rare. */
    RarePacking rarePacking() {
        return new RarePacking(words.packing(), bits(), outputs, inputs);
    }

    @Override
    public Optional<ElementCodes> elementCodes() {
        return Optional.of(new GroupedElements(this));
    }

    @Override
    public Decoder decoder(Stored stored) {
        return new GroupedDecoder(this, new StoredNumbers(stored));
    }
}
