package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class HiddenStateChangesTest {

    @Test
    void areLengthsAndAnglesOfEachToken() {
        float[] original = {3, 4, 0, 2};
        float[] edited = {3, 4, 2, 0}; // the first as it was, the second turned by a right angle

        HiddenStateChanges changes = HiddenStateChanges.between(original, edited, 2);

        assertThat(changes.changes()[0]).isZero();
        assertThat(changes.changes()[1]).isCloseTo(Math.sqrt(2), within(1e-12));
        assertThat(changes.cosines()).containsExactly(1, 0);
    }

    @Test
    void aStateOfNothingIsNoDivisionByNothing() {
        HiddenStateChanges same = HiddenStateChanges.between(new float[2], new float[2], 1);
        HiddenStateChanges changed = HiddenStateChanges.between(new float[2], new float[] {1, 0}, 1);

        assertThat(same.changes()).containsExactly(0);
        assertThat(same.cosines()).containsExactly(1);
        assertThat(changed.changes()[0]).isFinite().isGreaterThan(1e10);
        assertThat(changed.cosines()).containsExactly(0);
    }

    @Test
    void whatIsNotANumberStaysNone() {
        HiddenStateChanges changes = HiddenStateChanges.between(new float[] {1}, new float[] {Float.NaN}, 1);

        assertThat(changes.changes()[0]).isNaN();
    }
}
