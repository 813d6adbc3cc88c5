package io.github.swscan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.github.swscan.fixture.LentEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpareMemoryTest {

    @LentEngine
    private static TorchEngine engine;

    private final NDManager owner = engine.host().newSubManager();
    private final SpareMemory spare = new SpareMemory(owner);

    @AfterEach
    void free() {
        spare.close();
    }

    @Test
    void theLargestIsUsedAgain() {
        NDArray small = spare.take(10);
        NDArray large = spare.take(30);
        spare.giveBack(large);
        spare.giveBack(small);

        assertThat(spare.take(5)).isSameAs(large);
        assertThat(spare.take(10)).isSameAs(small);
        // Arrays of the same content are equal.
        assertThat(spare.take(10)).isNotSameAs(small).isNotSameAs(large);
    }

    @Test
    void whatIsTooSmallIsFreed() {
        spare.giveBack(spare.take(10));

        assertThat(spare.take(11).size()).isEqualTo(11);
        assertThat(owner.getManagedArrays()).hasSize(1);
    }

    @Test
    void noMoreThanTwoAreKept() {
        NDArray first = spare.take(10);
        NDArray second = spare.take(20);
        NDArray third = spare.take(30);
        spare.giveBack(third);
        spare.giveBack(first);
        spare.giveBack(second);

        assertThat(owner.getManagedArrays()).containsExactlyInAnyOrder(second, third);
    }

    @Test
    void noScopeFreesIt() {
        NDArray taken;
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            taken = spare.take(10);
        }

        assertThat(owner.getManagedArrays()).containsExactly(taken);
    }
}
