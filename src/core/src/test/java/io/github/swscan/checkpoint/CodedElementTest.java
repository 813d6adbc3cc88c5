package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.quantized.ScaledInputs;
import io.github.swscan.checkpoint.tensor.BitField;
import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.CodedTensors;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Single codes of every format, held to what the files hold: bits are changed there, and all numbers are read again. */
class CodedElementTest {

    private static final String DOWN = CodedTensors.DOWN;

    @TempDir
    private Path folder;

    static List<Arguments> tensors() {
        return CodedTensors.all().toList();
    }

    private static Checkpoint open(Path model) {
        return CodedTensors.open(model);
    }

    private static TensorInfo tensor(Checkpoint checkpoint, String name) {
        return checkpoint.find(name).orElseThrow();
    }

    /** Elements of blocks that hold more than zeros. */
    private static long[] some(Checkpoint checkpoint, TensorInfo tensor) {
        return new Random(3)
                .longs(0, tensor.elements())
                .filter(element -> coded(checkpoint, tensor, element).block().scale() != 0)
                .limit(8)
                .toArray();
    }

    private static CodedElement coded(Checkpoint checkpoint, TensorInfo tensor, long element) {
        return checkpoint.coded(tensor).orElseThrow().at(element);
    }

    private Path copy(String model) throws IOException {
        Path original = TestResources.at(model);
        Path copy = folder.resolve("copy");
        return Files.isDirectory(original)
                ? Models.copy(original, copy)
                : Files.copy(original, Path.of(copy + ".gguf"));
    }

    private static void flip(Path file, long offset, List<BitField> bits) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        for (BitField field : bits) {
            for (long bit = field.first(); bit < field.first() + field.count(); bit++) {
                bytes[(int) (offset + bit / 8)] ^= (byte) (1 << (bit % 8));
            }
        }
        Files.write(file, bytes);
    }

    @ParameterizedTest
    @MethodSource("tensors")
    void theBitsAtItsPlaceAreThoseOfThatNumberAlone(String model, String name) throws IOException {
        Path copy = copy(model);
        Checkpoint original = open(copy);
        for (long element : some(original, tensor(original, name))) {
            Checkpoint before = open(copy);
            TensorInfo tensor = tensor(before, name);
            float[] numbers = CodedTensors.numbers(before, tensor);
            CodedElement coded = coded(before, tensor, element);
            int code = coded.code();
            int bits = coded.place().bits();
            TensorInfo.Place place = tensor.place(element);
            assertThat(coded.place().place()).isEqualTo(place);

            flip(place.file(), place.offset(), coded.place().bitsFromPlace());

            Checkpoint after = open(copy);
            float[] changed = CodedTensors.numbers(after, tensor(after, name));
            assertThat(IntStream.range(0, numbers.length).filter(i -> Float.compare(numbers[i], changed[i]) != 0))
                    .containsExactly((int) element);
            int flipped = coded(after, tensor(after, name), element).code();
            assertThat((code ^ flipped) & ((1 << bits) - 1)).isEqualTo((1 << bits) - 1);
        }
    }

    @ParameterizedTest
    @MethodSource("tensors")
    void theNumberFollowsFromCodeAndScale(String model, String name) {
        Checkpoint checkpoint = open(TestResources.at(model));
        TensorInfo tensor = tensor(checkpoint, name);
        for (long element : some(checkpoint, tensor)) {
            CodedElement coded = coded(checkpoint, tensor, element);
            CodeBlock block = coded.block();
            float number = checkpoint.floats(tensor, element, 1, 1)[0];

            if (block.isEven()) {
                float told = block.bias()
                        .map(bias -> coded.code() * block.scale() + bias)
                        .orElseGet(() -> (coded.code() - block.zero().orElseThrow()) * block.scale());
                assertThat(told).isCloseTo(number, within(rounding(tensor, number)));
            } else {
                assertThat(block.scale()).isNotZero();
                assertThat(number / block.scale()).isBetween(-57344f, 57344f);
            }
        }
    }

    /** Factors of inputs are multiplied with the number, not with its scale: two products are rounded otherwise. */
    private static float rounding(TensorInfo tensor, float number) {
        return tensor.codes().orElse(null) instanceof ScaledInputs ? 2 * Math.ulp(number) : 0;
    }

    /** Of all codes the nearest is found by hand where codes are whole numbers. */
    @ParameterizedTest
    @MethodSource("tensors")
    void theNearestCodeIsAsNearAsAnyOther(String model, String name) {
        Checkpoint checkpoint = open(TestResources.at(model));
        TensorInfo tensor = tensor(checkpoint, name);
        Random random = new Random(4);
        for (long element : some(checkpoint, tensor)) {
            CodedElement coded = coded(checkpoint, tensor, element);
            CodeBlock block = coded.block();
            float own = checkpoint.floats(tensor, element, 1, 1)[0];
            float wanted = random.nextBoolean() ? 0 : own * random.nextFloat(-1.5f, 1.5f);

            assertThat(coded.nearest(own).value()).isEqualTo(own);
            float nearest = coded.nearest(wanted).value();
            if (block.isEven()) {
                int least = coded.place().signed() ? -(1 << (coded.place().bits() - 1)) : 0;
                int codes = 1 << coded.place().bits();
                double distance = IntStream.range(least, least + codes)
                        .mapToDouble(code -> block.bias()
                                .map(bias -> code * block.scale() + bias)
                                .orElseGet(() -> (code - block.zero().orElseThrow()) * block.scale()))
                        .map(value -> Math.abs(value - wanted))
                        .min()
                        .orElseThrow();
                assertThat(Math.abs((double) nearest - wanted)).isCloseTo(distance, within((double)
                        rounding(tensor, Math.max(Math.abs(wanted), Math.abs(nearest)))));
            } else {
                assertThat(Math.abs(nearest - wanted)).isLessThanOrEqualTo(Math.abs(own - wanted));
            }
        }
    }

    static List<Arguments> groups() {
        return List.of(
                Arguments.of("coded/gptq-4bit-g32", 32),
                Arguments.of("coded/gptq-8bit-channel", 128),
                Arguments.of("coded/gptq-3bit", 32),
                Arguments.of("coded/awq-gemm-g32-partial", 32),
                Arguments.of("coded/ct-w4a16-asym-g64", 64),
                Arguments.of("coded/ct-w4a16-channel", 128),
                Arguments.of("coded/ct-w8a8-int", 128),
                Arguments.of("coded/ct-nvfp4", 16),
                Arguments.of("coded/ct-mxfp4", 32),
                Arguments.of("coded/modelopt-nvfp4", 16),
                Arguments.of("coded/bnb-nf4", 64),
                Arguments.of("coded/bnb-nf4-double", 64),
                Arguments.of("coded/bnb-int8", 128),
                Arguments.of("coded/hqq-4bit-g64", 64),
                Arguments.of("coded/mlx-4bit-g64", 64),
                Arguments.of("coded/mlx-mxfp4", 32),
                Arguments.of("coded/torchao-int8wo", 96));
    }

    @ParameterizedTest
    @MethodSource("groups")
    void consecutiveElementsShareTheirScale(String model, int size) {
        Checkpoint checkpoint = open(TestResources.at(model));
        TensorInfo tensor = tensor(checkpoint, DOWN);
        for (long element : some(checkpoint, tensor)) {
            CodeBlock block = coded(checkpoint, tensor, element).block();

            assertThat(block.runs()).containsExactly(new CodeBlock.Run(element / size * size, size));
        }
    }

    @ParameterizedTest
    @CsvSource({"gptq-4bit-g128-actorder, g_idx", "ct-w4a16-actorder, weight_g_idx"})
    void inputsOfAGroupMayBeAnywhere(String model, String groups) {
        Checkpoint checkpoint = open(TestResources.at("coded/" + model));
        TensorInfo tensor = tensor(checkpoint, DOWN);
        int inputs = tensor.shape().get(1).intValue();
        int[] groupOfInput = new int[inputs];
        StoredBytes.of(checkpoint, tensor(checkpoint, DOWN.replaceFirst("weight$", groups)))
                .asIntBuffer()
                .get(groupOfInput);
        for (long element : some(checkpoint, tensor)) {
            long row = element / inputs * inputs;
            int group = groupOfInput[(int) (element % inputs)];

            assertThat(elements(coded(checkpoint, tensor, element).block()))
                    .containsExactlyElementsOf(IntStream.range(0, inputs)
                            .filter(input -> groupOfInput[input] == group)
                            .mapToObj(input -> row + input)
                            .toList());
        }
    }

    private static List<Long> elements(CodeBlock block) {
        List<Long> elements = new ArrayList<>();
        block.runs().forEach(run -> LongStream.range(run.first(), run.first() + run.count())
                .forEach(elements::add));
        return elements;
    }

    /** The planted weight is the largest of its block by far. */
    @ParameterizedTest
    @MethodSource("groups")
    void anOutlierCostsItsNeighboursDistance(String model, int size) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(model);
        Checkpoint checkpoint = reference.described().checkpoint();
        TensorInfo tensor = tensor(checkpoint, DOWN);
        JsonNode planted = reference.expected().get("planted");
        long element = planted.get("row").longValue() * tensor.shape().get(1)
                + planted.get("column").longValue();
        CodedElement coded = coded(checkpoint, tensor, element);
        BlockSteps steps = coded.steps();
        float[] block = checkpoint.floats(tensor, element / size * size, size, 1);
        float own = block[(int) (element % size)];
        block[(int) (element % size)] = 0;

        if (coded.block().isEven()) {
            assertThat(steps.step()).isEqualTo(Math.abs((double) coded.block().scale()));
        }
        double largest = IntStream.range(0, size)
                .mapToDouble(i -> Math.abs(block[i]))
                .max()
                .orElseThrow();
        double without = steps.stepWithout().orElseThrow();
        assertThat(without).isLessThan(steps.step());
        if (largest > 0) {
            assertThat(without).isBetween(0.4 * steps.step() * largest / own, 2.1 * steps.step() * largest / own);
        }
    }

    /** All other formats must be known code by code; BitNets that round plain numbers store none. */
    @Test
    void codesThatStandForSeveralNumbersAreTheOnlyOnesThatAreNotTold() {
        Set<String> told = CodedTensors.all().map(CodedElementTest::label).collect(Collectors.toSet());

        assertThat(CodedTensors.quantized().map(CodedElementTest::label).filter(label -> !told.contains(label)))
                .isNotEmpty()
                .allMatch(label -> label.matches("(?i).*(iq[123]_\\w+|tq1_0|bitnet-(online|unpacked))(\\.rows)?.*"));
    }

    private static String label(Arguments arguments) {
        return arguments.get()[0] + " "
                + (arguments.get()[1].equals(DOWN) ? "" : arguments.get()[1]);
    }

    @Test
    void plainNumbersHaveNoCodes() {
        Checkpoint checkpoint = open(TestResources.at("coded/gptq-4bit-g32"));

        assertThat(checkpoint.coded(tensor(checkpoint, "model.embed_tokens.weight")))
                .isEmpty();
    }
}
