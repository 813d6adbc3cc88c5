package io.github.swscan.checkpoint.quantized;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.checkpoint.tensor.BlockShape;
import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Single elements of all packings, in random bytes: each code is where the decoder has it from, and so are scales. */
class ElementsOfPackingsTest {

    private static final Path FILE = Path.of("model.safetensors");
    private static final int OUTPUTS = 32;
    private static final int INPUTS = 192;

    private final Random random = new Random(1);
    private final Map<String, byte[]> contents = new HashMap<>();

    private static TensorInfo tensor(String name, DType dtype, long rows, long columns) {
        return new TensorInfo(name, dtype, List.of(rows, columns), FILE, 0, rows * columns * dtype.bytes());
    }

    /** Each with a scale for 32 inputs, or for blocks of outputs and inputs. */
    static List<Codes> codes() {
        Stream<Codes> packings = Stream.of(Packing.values()).flatMap(packing -> IntStream.of(bits(packing))
                .mapToObj(bits -> grouped(packing, bits, CodeNumbers.INTEGERS)));
        return Stream.of(
                        packings,
                        Stream.of(
                                grouped(Packing.INPUTS_ACROSS, 4, CodeNumbers.E2M1),
                                grouped(Packing.INPUTS_ACROSS, 6, CodeNumbers.E2M3),
                                grouped(Packing.BYTES, 8, CodeNumbers.E5M2),
                                inBlocks(4),
                                inBlocks(OUTPUTS),
                                new ScaledInputs(
                                        grouped(Packing.INPUTS_ACROSS, 4, CodeNumbers.INTEGERS),
                                        tensor("factors", DType.F32, 1, INPUTS)),
                                sliced(DType.U8, 8, 1, true),
                                sliced(DType.U8, 4, 2, true),
                                sliced(DType.I32, 3, 10, true),
                                sliced(DType.U8, 2, 4, false),
                                sliced(DType.U8, 1, 8, false),
                                sliced(DType.I32, 3, 10, false),
                                parted(4, false),
                                parted(2, true),
                                new TransposedCodes(parted(4, false), OUTPUTS, INPUTS),
                                new TransposedCodes(
                                        grouped(Packing.INPUTS_DOWN, 3, CodeNumbers.INTEGERS), OUTPUTS, INPUTS),
                                new StackedCodes(List.of(sliced(DType.U8, 4, 2, true)), OUTPUTS * INPUTS)))
                .flatMap(codes -> codes)
                .toList();
    }

    private static int[] bits(Packing packing) {
        return switch (packing) {
            case INPUTS_DOWN, INPUTS_ACROSS -> new int[] {1, 2, 3, 4, 5, 6, 7, 8};
            case INPUTS_PADDED -> new int[] {3, 5, 6, 7};
            case OUTPUTS_SHUFFLED, OUTPUT_PAIRS, ROWS_INTERLEAVED -> new int[] {4};
            case PLANES_DOWN -> new int[] {3, 5, 6, 7};
            case OUTPUTS_SHUFFLED_DENSELY -> new int[] {2, 3, 8};
            case BYTES -> new int[] {8};
        };
    }

    private static TensorInfo words(Packing packing, int bits) {
        return switch (packing) {
            case INPUTS_DOWN -> tensor("words", DType.I32, INPUTS * bits / 32, OUTPUTS);
            case INPUTS_ACROSS -> tensor("words", DType.I32, OUTPUTS, INPUTS * bits / 32);
            case INPUTS_PADDED -> tensor("words", DType.I32, OUTPUTS, (INPUTS + 32 / bits - 1) / (32 / bits));
            case PLANES_DOWN -> tensor("words", DType.I32, (long) (INPUTS / 32) * bits, OUTPUTS);
            case OUTPUTS_SHUFFLED -> tensor("words", DType.I32, INPUTS, OUTPUTS / 8);
            case OUTPUTS_SHUFFLED_DENSELY -> tensor("words", DType.I32, INPUTS, OUTPUTS * bits / 32);
            case ROWS_INTERLEAVED -> tensor("words", DType.I16, OUTPUTS / 4, INPUTS);
            case OUTPUT_PAIRS -> tensor("words", DType.U8, OUTPUTS / 2, INPUTS);
            case BYTES -> tensor("words", DType.I8, OUTPUTS, INPUTS);
        };
    }

    private static Codes grouped(Packing packing, int bits, CodeNumbers numbers) {
        return new GroupedCodes(
                packing + " " + numbers,
                OUTPUTS,
                INPUTS,
                new CodeWords(words(packing, bits), packing, bits, numbers),
                new InputGroups(6, 32),
                new ScaleTable.Numbers(tensor("scales", DType.F32, OUTPUTS, 6), true),
                new ZeroPoints.Biases(tensor("biases", DType.F32, OUTPUTS, 6)));
    }

    /** Of so many outputs and all inputs. */
    private static Codes inBlocks(int outputs) {
        return new GroupedCodes(
                "in blocks of " + outputs,
                OUTPUTS,
                INPUTS,
                new CodeWords(words(Packing.BYTES, 8), Packing.BYTES, 8, CodeNumbers.INTEGERS),
                new InputGroups(1, INPUTS),
                new ScaleTable.Blocks(tensor("scales", DType.F32, OUTPUTS / outputs, 1), outputs, 2),
                new ZeroPoints.Constant(0));
    }

    /** Groups of 24, of which the slices need not be whole. */
    private static Codes sliced(DType dtype, int bits, int slices, boolean byRow) {
        int groups = OUTPUTS * INPUTS / 24;
        SlicedCodes.Shape shape = byRow ? new SlicedCodes.Shape(groups, 24) : new SlicedCodes.Shape(24, groups);
        int rows = (shape.rows() + slices - 1) / slices;
        return new SlicedCodes(
                tensor("words", dtype, rows, shape.columns()),
                bits,
                slices,
                shape,
                byRow,
                tensor("scales", DType.F32, groups, 1),
                tensor("zeros", DType.F32, groups, 1));
    }

    /** Of Quanto, or of BitNet. */
    private static Codes parted(int bits, boolean ternary) {
        TensorInfo scales = tensor("scales", DType.F32, ternary ? 1 : OUTPUTS, 1);
        return new PartedCodes(
                "parted",
                tensor("words", DType.U8, OUTPUTS * bits / 8, INPUTS),
                bits,
                OUTPUTS,
                INPUTS,
                ternary
                        ? new RowNumbers.Ternary(scales, true)
                        : new RowNumbers.Shifted(scales, tensor("shifts", DType.F32, OUTPUTS, 1)));
    }

    /** Random bytes for codes, and numbers other than 0 for all else. */
    private void read(TensorInfo tensor, long from, ByteBuffer target) {
        byte[] content = contents.computeIfAbsent(tensor.name(), name -> {
            byte[] bytes = new byte[(int) tensor.bytes()];
            random.nextBytes(bytes);
            if (tensor.dtype() == DType.F32) {
                FloatBuffer numbers =
                        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
                for (int i = 0; i < numbers.limit(); i++) {
                    numbers.put(i, 0.5f + random.nextFloat());
                }
            }
            return bytes;
        });
        target.put(content, (int) from, target.remaining());
    }

    private float[] decoded(Codes codes) {
        float[] numbers = new float[OUTPUTS * INPUTS];
        codes.decoder(this::read).decode(0, FloatBuffer.wrap(numbers));
        return numbers;
    }

    private static IntStream differing(float[] some, float[] others) {
        return IntStream.range(0, some.length).filter(i -> Float.compare(some[i], others[i]) != 0);
    }

    private long[] some() {
        return LongStream.concat(
                        LongStream.of(0, INPUTS - 1, INPUTS, OUTPUTS * INPUTS - 1),
                        random.longs(30, 0, OUTPUTS * INPUTS))
                .toArray();
    }

    @ParameterizedTest
    @MethodSource("codes")
    void aCodeIsWhereTheDecoderHasItFrom(Codes codes) {
        ElementCodes elements = codes.elementCodes().orElseThrow();
        float[] numbers = decoded(codes);
        for (long element : some()) {
            CodePlace place = elements.code(element);
            int code = place.read(this::read);
            byte[] content = contents.get(place.tensor().name());

            assertThat(place.bits()).isEqualTo(codes.bits());
            assertThat(place.place()).isEqualTo(codes.place(element));
            put(content, place.bytes(~code));
            assertThat(differing(numbers, decoded(codes))).containsExactly((int) element);
            assertThat(place.read(this::read)).isEqualTo(~code & ((1 << place.bits()) - 1));
            put(content, place.bytes(code));
            assertThat(differing(numbers, decoded(codes))).isEmpty();
        }
    }

    private static void put(byte[] content, List<ByteBits> changed) {
        changed.forEach(bits -> content[(int) bits.index()] = bits.in(content[(int) bits.index()]));
    }

    /** A scale that becomes another changes the numbers of its block, but for those that are 0 before it is applied. */
    @ParameterizedTest
    @MethodSource("codes")
    void blocksAreThoseThatShareAScale(Codes codes) {
        ElementCodes elements = codes.elementCodes().orElseThrow();
        float[] before = decoded(codes);
        FloatBuffer scales = ByteBuffer.wrap(contents.get("scales"))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        for (int i = 0; i < scales.limit(); i++) {
            float scale = scales.get(i);
            scales.put(i, 2 * scale);
            int[] moved = differing(before, decoded(codes)).toArray();
            scales.put(i, scale);
            if (moved.length == 0) {
                continue;
            }
            CodeBlock block = elements.block(moved[0], this::read);
            List<Integer> members = block.runs().stream()
                    .flatMap(run -> LongStream.range(run.first(), run.first() + run.count())
                            .boxed())
                    .map(Long::intValue)
                    .toList();
            assertThat(members)
                    .hasSize((int) size(elements.scaleBlocks()))
                    .containsAll(IntStream.of(moved).boxed().toList());
            assertThat(moved.length).isGreaterThan(members.size() / 8);
            scales.put(i, 2 * scale);
            assertThat(elements.block(moved[0], this::read).scale()).isIn(2 * block.scale(), block.scale() / 2);
            scales.put(i, scale);
        }
    }

    private static long size(BlockShape blocks) {
        return Math.min(blocks.rows(), OUTPUTS * INPUTS / Math.min(blocks.columns(), INPUTS))
                * Math.min(blocks.columns(), INPUTS);
    }

    @ParameterizedTest
    @MethodSource("codes")
    void numbersFollowFromCodeScaleAndWhatIsAdded(Codes codes) {
        ElementCodes elements = codes.elementCodes().orElseThrow();
        float[] numbers = decoded(codes);
        for (long element : some()) {
            CodeBlock block = elements.block(element, this::read);
            CodePlace place = elements.code(element);
            int code = place.number(place.read(this::read));
            if (block.isEven()) {
                double told = block.bias()
                        .map(bias -> (double) code * block.scale() + bias)
                        .orElseGet(() -> ((double) code - block.zero().orElseThrow()) * block.scale());
                assertThat((double) numbers[(int) element]).isCloseTo(told, within(1e-4));
            }
        }
    }
}
