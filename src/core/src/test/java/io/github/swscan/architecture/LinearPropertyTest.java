package io.github.swscan.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Entries of a matrix and elements of its stored tensor stand for each other, whatever the layout. */
class LinearPropertyTest {

    @Property
    void everyEntryIsAnElementOfItsOwn(@ForAll("linears") Linear linear) {
        List<Long> elements = new ArrayList<>();
        for (int row = 0; row < linear.outputs(); row++) {
            for (int column = 0; column < linear.inputs(); column++) {
                long element = linear.elementIndex(row, column);
                assertThat(linear.hasElement(element)).isTrue();
                assertThat(linear.entry(element)).isEqualTo(new Linear.Entry(row, column));
                elements.add(element);
            }
        }
        assertThat(elements).doesNotHaveDuplicates();
    }

    @Property
    void everyElementIsOfOneMatrixOfTheStackAndIsItsEntry(@ForAll("linears") Linear linear) {
        int count = linear.stack().map(Linear.Stack::count).orElse(1);
        for (long element = 0; element < (long) count * linear.outputs() * linear.inputs(); element++) {
            int owners = 0;
            for (int index = 0; index < count; index++) {
                Linear matrix = linear.stack().isPresent() ? inStack(linear, index) : linear;
                if (matrix.hasElement(element)) {
                    owners++;
                    Linear.Entry entry = matrix.entry(element);
                    assertThat(matrix.elementIndex(entry.row(), entry.column())).isEqualTo(element);
                }
            }
            assertThat(owners).isEqualTo(1);
        }
    }

    @Property
    void biasElementsFollowTheStack(@ForAll("linears") Linear linear) {
        long first = linear.firstBiasElement();
        assertThat(first).isEqualTo((long) linear.stackIndex().orElse(0) * linear.outputs());
        assertThat(linear.hasBiasElement(first)).isTrue();
        assertThat(linear.hasBiasElement(first + linear.outputs() - 1)).isTrue();
        assertThat(linear.hasBiasElement(first + linear.outputs())).isFalse();
        assertThat(linear.hasBiasElement(first - 1)).isFalse();
    }

    @Property
    void elementsOfOtherMatricesAreRefused(@ForAll("linears") Linear linear) {
        long first = linear.firstElement();
        long end = first + (long) linear.inputs() * linear.outputs();
        assertThatIllegalArgumentException().isThrownBy(() -> linear.entry(first - 1));
        assertThatIllegalArgumentException().isThrownBy(() -> linear.entry(end));
    }

    /** Sizes whose products are beyond an int. */
    @Property
    void largeMatricesOfManyExpertsKeepTheirElementsApart(@ForAll Linear.Layout layout) {
        Linear last = new Linear(
                "experts", Optional.empty(), layout, 18_432, 49_152, Optional.of(new Linear.Stack(383, 384)));
        Linear.Entry corner = new Linear.Entry(last.outputs() - 1, last.inputs() - 1);

        long element = last.elementIndex(corner.row(), corner.column());

        assertThat(element).isEqualTo(384L * 18_432 * 49_152 - 1);
        assertThat(last.entry(element)).isEqualTo(corner);
    }

    private static Linear inStack(Linear linear, int index) {
        Linear.Stack stack =
                new Linear.Stack(index, linear.stack().orElseThrow().count());
        return new Linear(
                linear.weight(), linear.bias(), linear.layout(), linear.inputs(), linear.outputs(), Optional.of(stack));
    }

    @Provide
    Arbitrary<Linear> linears() {
        Arbitrary<Optional<Linear.Stack>> stacks = Arbitraries.integers()
                .between(1, 4)
                .flatMap(count ->
                        Arbitraries.integers().between(0, count - 1).map(index -> new Linear.Stack(index, count)))
                .optional();
        return Combinators.combine(
                        Arbitraries.of(Linear.Layout.class),
                        Arbitraries.integers().between(1, 9),
                        Arbitraries.integers().between(1, 9),
                        stacks)
                .as((layout, inputs, outputs, stack) ->
                        new Linear("w", Optional.of("b"), layout, inputs, outputs, stack));
    }
}
