package io.github.swscan.forward;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

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

    /** The ids of the tokens of these rows. */
    int[] ids() {
        int[] all = layout.ids();
        return Arrays.stream(rows).map(row -> all[row]).toArray();
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

    /** Whether one of these rows belongs to such a branch. */
    boolean anyOf(Predicate<Branch> branch) {
        return Arrays.stream(rows)
                .anyMatch(row -> branch.test(layout.segmentOf(row).branch()));
    }

    /** These rows by what their branches have in common, counted among these, ascending; in the order of the first row. */
    <K> Map<K, long[]> groupedBy(Function<Branch, K> common) {
        Map<Branch, K> keys = layout.branches().stream().collect(Collectors.toMap(branch -> branch, common));
        Map<K, LongStream.Builder> groups = new LinkedHashMap<>();
        for (int i = 0; i < rows.length; i++) {
            K key = keys.get(layout.segmentOf(rows[i]).branch());
            groups.computeIfAbsent(key, missing -> LongStream.builder()).accept(i);
        }
        Map<K, long[]> built = new LinkedHashMap<>();
        groups.forEach((key, group) -> built.put(key, group.build().toArray()));
        return built;
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
