package io.github.swscan.checkpoint.blocks;

import io.github.swscan.checkpoint.tensor.BitField;
import io.github.swscan.checkpoint.tensor.BlockShape;
import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The numbers of a tensor that is stored in a block format of GGUF. */
public final class BlockElements implements ElementCodes {

    private static final int HALF_BYTES = 2;

    /** How many codes TQ2_0 has, of two bits. */
    private static final int TERNARY = 3;

    private final TensorInfo tensor;
    private final BlockLayout layout;

    private BlockElements(TensorInfo tensor, BlockLayout layout) {
        this.tensor = tensor;
        this.layout = layout;
    }

    /** Those of a tensor, if its format is one in which each has a code of its own. */
    public static Optional<ElementCodes> of(TensorInfo tensor) {
        return BlockLayout.of(tensor.dtype()).map(layout -> new BlockElements(tensor, layout));
    }

    @Override
    public BlockShape scaleBlocks() {
        return BlockShape.ofRow(layout.group());
    }

    @Override
    public int count(int bits) {
        return tensor.dtype() == DType.TQ2_0 ? TERNARY : 1 << bits;
    }

    @Override
    public CodePlace code(long element) {
        int blockElements = tensor.dtype().blockElements();
        long before = element / blockElements * tensor.dtype().bytes() * Byte.SIZE;
        int number = (int) (element % blockElements);
        List<BitField> fields = layout.stripes().stream()
                .map(stripe -> stripe.of(number))
                .map(field -> new BitField(before + field.first(), field.count()))
                .toList();
        return new CodePlace(tensor, fields, layout.signed());
    }

    @Override
    public CodeBlock block(long element, Codes.Stored stored) {
        long first = element / layout.group() * layout.group();
        List<CodeBlock.Run> runs = List.of(new CodeBlock.Run(first, layout.group()));
        byte[] bytes = bytesOfBlock(element, stored);
        float bias = number(element, with(element, 0, bytes));
        layout.minimum().ifPresent(from -> Arrays.fill(bytes, from, from + HALF_BYTES, (byte) 0));
        float scale = number(element, with(element, layout.one(), bytes));
        if (layout.minimum().isPresent()) {
            return CodeBlock.withBias(runs, scale, bias);
        }
        return layout.zero().isPresent()
                ? CodeBlock.symmetric(runs, scale, layout.zero().getAsInt())
                : CodeBlock.ofTable(runs, scale);
    }

    private byte[] bytesOfBlock(long element, Codes.Stored stored) {
        byte[] bytes = new byte[tensor.dtype().bytes()];
        stored.read(tensor, element / tensor.dtype().blockElements() * bytes.length, ByteBuffer.wrap(bytes));
        return bytes;
    }

    /** The block with a code in the place of the element's. */
    private byte[] with(long element, int code, byte[] block) {
        byte[] changed = block.clone();
        for (ByteBits bits : code(element).bytes(code)) {
            int index = (int) (bits.index() % block.length);
            changed[index] = bits.in(changed[index]);
        }
        return changed;
    }

    private float number(long element, byte[] block) {
        float[] numbers = new float[tensor.dtype().blockElements()];
        QuantizedBlocks.decode(tensor.dtype(), block, numbers);
        return numbers[(int) (element % numbers.length)];
    }
}
