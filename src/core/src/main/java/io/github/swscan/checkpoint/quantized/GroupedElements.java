package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.BitField;
import io.github.swscan.checkpoint.tensor.BlockShape;
import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The single elements of {@link GroupedCodes}. */
record GroupedElements(GroupedCodes codes) implements ElementCodes {

    @Override
    public BlockShape scaleBlocks() {
        int groups = codes.groups().count();
        return new BlockShape(
                outputsInBlock() == codes.outputs() ? BlockShape.ALL : outputsInBlock(),
                groups == 1 ? BlockShape.ALL : Math.max(codes.groups().size(), codes.inputs() / groups));
    }

    private int outputsInBlock() {
        return codes.scales() instanceof ScaleTable.Blocks blocks ? blocks.outputsInBlock() : 1;
    }

    @Override
    public CodePlace code(long element) {
        long output = element / codes.inputs();
        long input = element % codes.inputs();
        CodeWords words = codes.words();
        TensorInfo tensor = words.tensor();
        int bits = words.bits();
        return switch (words.packing()) {
            case INPUTS_DOWN -> down(output, words.bit(input));
            case INPUTS_ACROSS, INPUTS_PADDED ->
                CodePlace.of(tensor, output * words.words(codes.inputs()) * Integer.SIZE + words.bit(input), bits);
            case OUTPUTS_SHUFFLED ->
                CodePlace.of(tensor, (input * codes.outputs() + Packing.shuffled((int) output)) * bits, bits);
            case PLANES_DOWN, OUTPUTS_SHUFFLED_DENSELY, ROWS_INTERLEAVED ->
                new CodePlace(tensor, codes.rarePacking().fields((int) output, (int) input), false);
            case OUTPUT_PAIRS, BYTES -> {
                int outputsOfByte = Byte.SIZE / bits;
                long index = output / outputsOfByte * codes.inputs() + input;
                CodePlace place = CodePlace.of(tensor, index * Byte.SIZE + output % outputsOfByte * bits, bits);
                yield words.numbers() == CodeNumbers.INTEGERS ? place.withSign() : place;
            }
        };
    }

    /** The next word of an output is in the next row. */
    private CodePlace down(long output, long bit) {
        int bits = codes.bits();
        long word = bit / Integer.SIZE;
        int shift = (int) (bit % Integer.SIZE);
        int inWord = Math.min(bits, Integer.SIZE - shift);
        BitField here = new BitField((word * codes.outputs() + output) * Integer.SIZE + shift, inWord);
        BitField next = new BitField(((word + 1) * codes.outputs() + output) * Integer.SIZE, bits - inWord);
        List<BitField> fields = inWord == bits ? List.of(here) : List.of(here, next);
        return new CodePlace(codes.words().tensor(), fields, false);
    }

    @Override
    public CodeBlock block(long element, Codes.Stored stored) {
        StoredNumbers numbers = new StoredNumbers(stored);
        int groups = codes.groups().count();
        int output = (int) (element / codes.inputs());
        int[] groupOfInput = codes.groups().ofInputs(numbers, codes.inputs());
        int group = groupOfInput[(int) (element % codes.inputs())];
        int table = output * groups + group;
        float scale = codes.scales().read(numbers, codes.outputs(), groups)[table];
        float[] offsets = codes.zeros().read(numbers, codes.bits(), codes.outputs(), groups);
        List<CodeBlock.Run> runs = runs(output, group, groupOfInput);
        if (codes.words().numbers() != CodeNumbers.INTEGERS) {
            return CodeBlock.ofTable(runs, scale);
        }
        if (codes.zeros().areAdded()) {
            return CodeBlock.withBias(runs, scale, offsets[table]);
        }
        return areAlike(offsets)
                ? CodeBlock.symmetric(runs, scale, offsets[table])
                : CodeBlock.withZeroPoint(runs, scale, offsets[table]);
    }

    /** The inputs of a group, of all outputs that share its scale. */
    private List<CodeBlock.Run> runs(int output, int group, int[] groupOfInput) {
        int first = output / outputsInBlock() * outputsInBlock();
        int end = Math.min(first + outputsInBlock(), codes.outputs());
        long inputs = codes.inputs();
        if (codes.groups().count() == 1) {
            return List.of(new CodeBlock.Run(first * inputs, (end - first) * inputs));
        }
        List<CodeBlock.Run> ofGroup = new ArrayList<>();
        for (int input = 0; input < groupOfInput.length; input++) {
            int last = input;
            while (last < groupOfInput.length && groupOfInput[last] == group) {
                last++;
            }
            if (last > input) {
                ofGroup.add(new CodeBlock.Run(input, last - input));
                input = last;
            }
        }
        return IntStream.range(first, end)
                .boxed()
                .flatMap(row -> ofGroup.stream().map(run -> new CodeBlock.Run(row * inputs + run.first(), run.count())))
                .toList();
    }

    /** Whether zero is the same code everywhere, though it may be stored for each block. */
    private static boolean areAlike(float[] zeros) {
        for (float zero : zeros) {
            if (zero != zeros[0]) {
                return false;
            }
        }
        return true;
    }
}
