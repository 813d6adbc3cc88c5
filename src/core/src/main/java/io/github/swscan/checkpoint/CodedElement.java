package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** An element of a {@link CodedTensor}: a number that is stored as a code. */
public final class CodedElement {

    private static final int READ_AT_ONCE = 1 << 20;

    private final TensorInfo tensor;
    private final long element;
    private final ElementCodes codes;
    private final CodePlace place;
    private final StoredBytes bytes;
    private final StoredNumbers numbers;
    private final Meaning meaning;

    /** What a code stands for in the place of the element's. */
    @FunctionalInterface
    interface Meaning {
        float of(CodePlace place, int bits);
    }

    CodedElement(
            TensorInfo tensor,
            long element,
            ElementCodes codes,
            StoredBytes bytes,
            StoredNumbers numbers,
            Meaning meaning) {
        this.tensor = tensor;
        this.element = element;
        this.codes = codes;
        this.place = codes.code(element);
        this.bytes = bytes;
        this.numbers = numbers;
        this.meaning = meaning;
    }

    /**
     * A code that may stand in the element's place.
     *
     * @param bits without a sign
     * @param value what it stands for there
     */
    public record Choice(int bits, float value) {}

    /** Where its code lies. */
    public CodePlace place() {
        return place;
    }

    /** Its code, with the sign if codes have one. */
    public int code() {
        return place.number(place.read(bytes::read));
    }

    /** The elements that share its scale, and that. */
    public CodeBlock block() {
        CodeBlock block = codes.block(element, bytes::read);
        return tensor.scales().isPresent() ? block.scaledBy(numbers.scale(tensor, element)) : block;
    }

    private float value(int bits) {
        return meaning.of(place, bits);
    }

    private IntStream allCodes() {
        return IntStream.range(0, codes.count(place.bits()));
    }

    private DoubleStream allNumbers() {
        return allCodes().mapToDouble(this::value).filter(Double::isFinite);
    }

    /** The code that comes nearest to a number; of several the one of the smallest magnitude. */
    public Choice nearest(float wanted) {
        ToDoubleFunction<Choice> distance = choice -> Math.abs((double) choice.value() - wanted);
        return allCodes()
                .mapToObj(bits -> new Choice(bits, value(bits)))
                .filter(choice -> Float.isFinite(choice.value()))
                .min(Comparator.comparingDouble(distance)
                        .thenComparingDouble(choice -> Math.abs(choice.value()))
                        .thenComparingInt(Choice::bits))
                .orElseThrow();
    }

    /**
     * Numbers of its block.
     *
     * @param place which of them is the element itself
     */
    public record Surroundings(int place, List<Float> values) {}

    /**
     * It and those next to it in the order of its block.
     *
     * @param most how many on each side, at most
     */
    public Surroundings around(int most) {
        List<CodeBlock.Run> runs = block().runs();
        long own = placeIn(runs);
        long first = Math.max(0, own - most);
        List<Float> values = new ArrayList<>();
        long before = 0;
        for (CodeBlock.Run run : runs) {
            long from = Math.max(0, first - before);
            long to = Math.min(run.count(), own + most + 1 - before);
            if (from < to) {
                for (float value : numbers.floats(tensor, run.first() + from, (int) (to - from), 1)) {
                    values.add(value);
                }
            }
            before += run.count();
        }
        return new Surroundings((int) (own - first), List.copyOf(values));
    }

    private long placeIn(List<CodeBlock.Run> runs) {
        long before = 0;
        for (CodeBlock.Run run : runs) {
            if (element >= run.first() && element < run.first() + run.count()) {
                return before + element - run.first();
            }
            before += run.count();
        }
        throw new IllegalStateException("a block without its element");
    }

    /** How far apart numbers lie in its block, with it and without. */
    public BlockSteps steps() {
        CodeBlock block = block();
        BlockSteps.Count count = new BlockSteps.Count(block, block.isEven() ? DoubleStream.empty() : allNumbers());
        for (CodeBlock.Run run : block.runs()) {
            for (long done = 0; done < run.count(); done += READ_AT_ONCE) {
                long first = run.first() + done;
                float[] values = numbers.floats(tensor, first, (int) Math.min(READ_AT_ONCE, run.count() - done), 1);
                for (int i = 0; i < values.length; i++) {
                    if (first + i != element && Float.isFinite(values[i])) {
                        count.add(values[i]);
                    }
                }
            }
        }
        return count.without(numbers.floats(tensor, element, 1, 1)[0]);
    }
}
