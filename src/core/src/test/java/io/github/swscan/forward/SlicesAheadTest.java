package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.swscan.architecture.Linear;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SlicesAheadTest {

    private static final Linear LINEAR = ReferenceCheckpoint.named("reference/llama")
            .described()
            .architecture()
            .languageHead()
            .vocabulary();

    private final BlockingQueue<String> made = new LinkedBlockingQueue<>();
    private final List<Long> freed = new ArrayList<>();
    private final AtomicInteger held = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    @Test
    void theNextIsMadeWhileOneIsInUseAndNoMore() throws InterruptedException {
        try (SlicesAhead<Long> ahead = ahead(1)) {
            ahead.prepare(slices(0, 6));
            for (int row = 0; row < 6; row++) {
                assertMadeAhead(row);
                assertThat(ahead.take(slice(row))).isEqualTo(row);
                assertThat(freed).hasSize(row);
            }
            assertThat(ahead.unused()).isZero();
            assertThat(made).isEmpty();
        }
        assertThat(most.get()).isEqualTo(2);
        assertThat(held.get()).as("not freed").isZero();
    }

    @Test
    void whatWasNotAnnouncedIsMadeByTheThreadThatNeedsIt() throws InterruptedException {
        try (SlicesAhead<Long> ahead = ahead(1)) {
            ahead.prepare(slices(0, 2));
            assertMadeAhead(0);

            assertThat(ahead.take(slice(7))).isEqualTo(7);

            assertThat(made.poll(10, TimeUnit.SECONDS))
                    .isEqualTo("7 by " + Thread.currentThread().getName());
            assertThat(ahead.take(slice(0))).isZero();
            assertThat(ahead.take(slice(1))).isEqualTo(1);
        }
        assertThat(most.get()).isEqualTo(2);
        assertThat(held.get()).isZero();
    }

    /** As the experts of a mixture, which are known when the next block's weights are on their way. */
    @Test
    void whatIsNeededBeforeAllOthersMakesThemGiveWay() throws InterruptedException {
        try (SlicesAhead<Long> ahead = ahead(1)) {
            ahead.prepare(slices(0, 2));
            assertMadeAhead(0);

            ahead.prepareFirst(slices(5, 7));

            assertMadeAhead(5);
            assertThat(ahead.take(slice(5))).isEqualTo(5);
            assertMadeAhead(6);
            assertThat(ahead.take(slice(6))).isEqualTo(6);
            assertMadeAhead(0);
            assertThat(ahead.take(slice(0))).isZero();
            assertThat(ahead.take(slice(1))).isEqualTo(1);
            assertThat(ahead.unused()).isZero();
        }
        assertThat(held.get()).isZero();
    }

    @Test
    void whatIsPassedOverDoesNotKeepTheRoom() throws InterruptedException {
        try (SlicesAhead<Long> ahead = ahead(1)) {
            ahead.prepare(slices(0, 4));
            assertMadeAhead(0);

            assertThat(ahead.take(slice(2))).isEqualTo(2);

            // Both begin as soon as there is room: either may be told first.
            assertThat(List.of(made.poll(10, TimeUnit.SECONDS), made.poll(10, TimeUnit.SECONDS)))
                    .containsExactlyInAnyOrder("2 by " + Thread.currentThread().getName(), "3 by ahead");
            assertThat(ahead.unused()).isEqualTo(3);
            assertThat(ahead.take(slice(3))).isEqualTo(3);
            assertThat(ahead.unused()).isEqualTo(2);
        }
        assertThat(held.get()).isZero();
    }

    @Test
    void theOneInUseIsNotMadeAgain() {
        try (SlicesAhead<Long> ahead = ahead(1)) {
            assertThat(ahead.take(slice(3))).isEqualTo(3);
            assertThat(ahead.take(slice(3))).isEqualTo(3);
            assertThat(made).hasSize(1);
        }
    }

    @Test
    void failuresAreToldWhenTheSliceIsTaken() {
        try (SlicesAhead<Long> ahead = new SlicesAhead<>(
                "ahead",
                slice -> {
                    throw new IllegalStateException("row " + slice.firstRow());
                },
                value -> {},
                slice -> 1,
                1)) {
            ahead.prepare(slices(0, 2));

            assertThatIllegalStateException()
                    .isThrownBy(() -> ahead.take(slice(0)))
                    .withMessage("row 0");
            assertThatIllegalStateException()
                    .isThrownBy(() -> ahead.take(slice(1)))
                    .withMessage("row 1");
            assertThatIllegalStateException()
                    .isThrownBy(() -> ahead.take(slice(2)))
                    .withMessage("row 2");
        }
    }

    private void assertMadeAhead(int row) throws InterruptedException {
        assertThat(made.poll(10, TimeUnit.SECONDS)).isEqualTo(row + " by ahead");
    }

    private SlicesAhead<Long> ahead(long room) {
        ConcurrentHashMap<Long, Boolean> alive = new ConcurrentHashMap<>();
        return new SlicesAhead<>(
                "ahead",
                slice -> {
                    most.accumulateAndGet(held.incrementAndGet(), Math::max);
                    assertThat(alive.put(slice.firstRow(), true)).isNull();
                    made.add(slice.firstRow() + " by " + Thread.currentThread().getName());
                    return slice.firstRow();
                },
                row -> {
                    held.decrementAndGet();
                    freed.add(row);
                    assertThat(alive.remove(row)).isTrue();
                },
                slice -> 1,
                room);
    }

    private static List<WeightSlice> slices(int first, int end) {
        return IntStream.range(first, end).mapToObj(SlicesAheadTest::slice).toList();
    }

    private static WeightSlice slice(int row) {
        return new WeightSlice(LINEAR, row, 1, 4);
    }
}
