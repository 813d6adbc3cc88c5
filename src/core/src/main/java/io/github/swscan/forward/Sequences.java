package io.github.swscan.forward;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The token sequences of a run, each of at least one token, and what is to be predicted in them. */
public final class Sequences {

    /** In place of a token where nothing is to be predicted. */
    public static final int NOTHING = -1;

    private final List<int[]> ids;
    private final List<int[]> targets;
    private final int[] firstTokens;
    private final int firstPosition;
    private final OptionalInt textLength;

    /** Each token but a sequence's last is to predict the next. */
    public Sequences(List<int[]> ids) {
        this(ids, List.of());
    }

    /**
     * @param targets for each token of each sequence the one that is to be predicted there, or {@link #NOTHING}; an empty
     *     list stands for the tokens that come next
     */
    public Sequences(List<int[]> ids, List<int[]> targets) {
        this(ids, targets, 0, OptionalInt.empty());
    }

    private Sequences(List<int[]> ids, List<int[]> targets, int firstPosition, OptionalInt textLength) {
        this.firstPosition = firstPosition;
        this.textLength = textLength;
        List<int[]> copies = new ArrayList<>();
        this.firstTokens = new int[ids.size() + 1];
        for (int i = 0; i < ids.size(); i++) {
            if (ids.get(i).length == 0) {
                throw new IllegalArgumentException("sequence " + i + " is empty");
            }
            copies.add(ids.get(i).clone());
            firstTokens[i + 1] = firstTokens[i] + ids.get(i).length;
        }
        this.ids = copies;
        this.targets = targets.isEmpty()
                ? copies.stream().map(Sequences::nextTokens).toList()
                : targets.stream().map(int[]::clone).toList();
        for (int i = 0; i < ids.size(); i++) {
            if (this.targets.size() != ids.size() || this.targets.get(i).length != tokens(i)) {
                throw new IllegalArgumentException("what is to be predicted is not of the form of the sequences");
            }
        }
    }

    private static int[] nextTokens(int[] ids) {
        int[] next = Arrays.copyOfRange(ids, 1, ids.length + 1);
        next[ids.length - 1] = NOTHING;
        return next;
    }

    /**
     * Parts of longer texts.
     *
     * @param firstPosition how many tokens stand before each part
     * @param textLength how long each text is, in tokens
     */
    static Sequences parts(List<int[]> ids, int firstPosition, int textLength) {
        return new Sequences(ids, List.of(), firstPosition, OptionalInt.of(textLength));
    }

    /** These sequences, and behind them others in which each token but the last is to predict the next. */
    public Sequences and(List<int[]> others) {
        Sequences more = new Sequences(others);
        return new Sequences(joined(ids, more.ids), joined(targets, more.targets));
    }

    private static List<int[]> joined(List<int[]> first, List<int[]> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    public int count() {
        return ids.size();
    }

    /** The length of a sequence. */
    public int tokens(int sequence) {
        return ids.get(sequence).length;
    }

    /** The length of all sequences together. */
    public int totalTokens() {
        return firstTokens[ids.size()];
    }

    public int longest() {
        return ids.stream().mapToInt(sequence -> sequence.length).max().orElse(0);
    }

    /** The token id at a position of a sequence. */
    public int id(int sequence, int position) {
        return ids.get(sequence)[position];
    }

    /** The token that is to be predicted at a position of a sequence, or {@link #NOTHING}. */
    int target(int sequence, int position) {
        return targets.get(sequence)[position];
    }

    /** The positions of a sequence at which something is to be predicted. */
    IntStream predicting(int sequence) {
        return IntStream.range(0, tokens(sequence)).filter(position -> target(sequence, position) != NOTHING);
    }

    /** How many tokens of a sequence are to be predicted. */
    public int predictions(int sequence) {
        return Math.toIntExact(predicting(sequence).count());
    }

    /** The indexes of all sequences. */
    public List<Integer> all() {
        return IntStream.range(0, count()).boxed().toList();
    }

    /** The number of tokens that stand before a sequence's first. */
    int firstToken(int sequence) {
        return firstTokens[sequence];
    }

    /** The position of the sequence's first token in its text. */
    int firstPosition() {
        return firstPosition;
    }

    /** How long the text is that a sequence is, or is a part of, in tokens. */
    int textLength(int sequence) {
        return textLength.orElse(tokens(sequence));
    }
}
