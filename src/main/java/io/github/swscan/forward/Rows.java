package io.github.swscan.forward;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Some rows of a layout in ascending order: those that go through a linear map together. */
final class Rows {

    private final Layout layout;
    private final int[] rows;

    private Rows(Layout layout, int[] rows) {
        this.layout = layout;
        this.rows = rows;
    }

    static Rows all(Layout layout) {
        return new Rows(layout, IntStream.range(0, layout.rows()).toArray());
    }

    /** @param rows ascending */
    static Rows of(Layout layout, int[] rows) {
        return new Rows(layout, rows.clone());
    }

    int count() {
        return rows.length;
    }

    /** Whether these are all rows of the layout. */
    boolean isAll() {
        return rows.length == layout.rows();
    }

    Layout layout() {
        return layout;
    }

    /** The rows, as indexes into the layout. */
    long[] indexes() {
        return Arrays.stream(rows).asLongStream().toArray();
    }

    /** Which of these rows belong to a branch, counted among these. */
    long[] of(Branch branch) {
        return of(branch, branch.sequences());
    }

    /** Which of these rows belong to some sequences of a branch, counted among these. */
    long[] of(Branch branch, List<Integer> sequences) {
        Set<Integer> wanted = Set.copyOf(sequences);
        return IntStream.range(0, rows.length)
                .filter(i -> {
                    Segment segment = layout.segmentOf(rows[i]);
                    return segment.branch() == branch && wanted.contains(segment.sequence());
                })
                .asLongStream()
                .toArray();
    }

    /** Where in its sequence one of these rows is. */
    TokenPlace token(int index) {
        Segment segment = layout.segmentOf(rows[index]);
        return new TokenPlace(segment.sequence(), rows[index] - segment.start());
    }

    /** For every row of the layout its place among these rows, or -1. */
    int[] places() {
        int[] places = new int[layout.rows()];
        Arrays.fill(places, -1);
        for (int i = 0; i < rows.length; i++) {
            places[rows[i]] = i;
        }
        return places;
    }
}
