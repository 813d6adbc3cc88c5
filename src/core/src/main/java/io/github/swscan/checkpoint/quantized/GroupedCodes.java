package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
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

    @Override
    public TensorInfo.Place place(long element) {
        int output = (int) (element / inputs);
        int input = (int) (element % inputs);
        int word = (int) (words.bit(input) >>> 5);
        return words.tensor()
                .place(
                        switch (words.packing()) {
                            case INPUTS_DOWN -> (long) word * outputs + output;
                            case INPUTS_ACROSS, INPUTS_PADDED -> (long) output * words.words(inputs) + word;
                            case OUTPUTS_SHUFFLED -> (long) input * (outputs / 8) + output / 8;
                            case OUTPUT_PAIRS -> (long) (output / 2) * inputs + input;
                            case BYTES -> element;
                            case PLANES_DOWN, OUTPUTS_SHUFFLED_DENSELY, ROWS_INTERLEAVED ->
                                rarePacking().word(output, input);
                        });
    }

    /** Where codes lie in a packing that is rare. */
    RarePacking rarePacking() {
        return new RarePacking(words.packing(), bits(), outputs, inputs);
    }

    @Override
    public Decoder decoder(Stored stored) {
        return new GroupedDecoder(this, new StoredNumbers(stored));
    }
}
