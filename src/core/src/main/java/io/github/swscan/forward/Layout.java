package io.github.swscan.forward;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;

/**
 * Which rows of the residual stream belong to which sequence of which branch. The tokens of all branches lie one after
 * the other in one matrix, so that every weight matrix is multiplied once for all of them.
 */
final class Layout {

    private final Sequences sequences;
    private final List<Segment> segments;
    private final int[] segmentOfRow;

    private Layout(Sequences sequences, List<Branch> branches) {
        this.sequences = sequences;
        List<Segment> built = new ArrayList<>();
        int start = 0;
        for (Branch branch : branches) {
            for (int sequence : branch.sequences()) {
                int tokens = sequences.tokens(sequence);
                built.add(new Segment(branch, sequence, start, tokens));
                start += tokens;
            }
        }
        this.segments = List.copyOf(built);
        this.segmentOfRow = new int[start];
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            Arrays.fill(segmentOfRow, segment.start(), segment.start() + segment.tokens(), i);
        }
    }

    static Layout of(Sequences sequences, List<Branch> branches) {
        return new Layout(sequences, branches);
    }

    Sequences sequences() {
        return sequences;
    }

    List<Segment> segments() {
        return segments;
    }

    int rows() {
        return segmentOfRow.length;
    }

    /** The segment that a row is in. */
    Segment segmentOf(int row) {
        return segments.get(segmentOfRow[row]);
    }

    List<Branch> branches() {
        return segments.stream().map(Segment::branch).distinct().toList();
    }

    /** The rows of some sequences of a branch, in order. */
    long[] rowsOf(Branch branch, List<Integer> wanted) {
        return segmentsOf(branch, wanted).stream()
                .flatMapToInt(segment -> IntStream.range(segment.start(), segment.start() + segment.tokens()))
                .asLongStream()
                .toArray();
    }

    /** The segments of some sequences of a branch, in order. */
    List<Segment> segmentsOf(Branch branch, List<Integer> wanted) {
        Set<Integer> sequencesWanted = Set.copyOf(wanted);
        return segments.stream()
                .filter(segment -> segment.branch() == branch && sequencesWanted.contains(segment.sequence()))
                .toList();
    }

    /** For every row the index of its token among the tokens of all sequences. */
    long[] tokenIndexes() {
        return segments.stream()
                .flatMapToInt(segment -> {
                    int first = sequences.firstToken(segment.sequence());
                    return IntStream.range(first, first + segment.tokens());
                })
                .asLongStream()
                .toArray();
    }

    /** For every row the id of its token. */
    int[] ids() {
        return segments.stream()
                .flatMapToInt(segment ->
                        IntStream.range(0, segment.tokens()).map(token -> sequences.id(segment.sequence(), token)))
                .toArray();
    }

    /** For every row the position of its token in its text. */
    int[] positions() {
        int first = sequences.firstPosition();
        return segments.stream()
                .flatMapToInt(segment -> IntStream.range(first, first + segment.tokens()))
                .toArray();
    }

    /** The same counted without padding, whose own position is -1. */
    int[] positionsWithout(int padding) {
        int[] positions = new int[rows()];
        int[] ids = ids();
        for (Segment segment : segments) {
            int next = sequences.firstPosition();
            for (int row = segment.start(); row < segment.start() + segment.tokens(); row++) {
                positions[row] = ids[row] == padding ? -1 : next++;
            }
        }
        return positions;
    }

    /** Neighbouring segments of equal length, taken together. */
    List<EqualSegments> groups() {
        return groups((one, other) -> true);
    }

    /** The same of each branch for itself. */
    List<EqualSegments> groupsOfBranches() {
        return groups(Objects::equals);
    }

    private List<EqualSegments> groups(BiPredicate<Branch, Branch> together) {
        List<EqualSegments> groups = new ArrayList<>();
        for (Segment segment : segments) {
            int last = groups.size() - 1;
            if (last >= 0
                    && groups.get(last).tokens() == segment.tokens()
                    && together.test(segmentOf(groups.get(last).start()).branch(), segment.branch())) {
                EqualSegments group = groups.get(last);
                groups.set(last, new EqualSegments(group.start(), group.count() + 1, group.tokens()));
            } else {
                groups.add(new EqualSegments(segment.start(), 1, segment.tokens()));
            }
        }
        return groups;
    }

    /**
     * @param start the first row
     * @param count how many segments
     * @param tokens the rows of each
     */
    record EqualSegments(int start, int count, int tokens) {
        int end() {
            return start + count * tokens;
        }
    }
}
