package io.github.swscan.forward;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** The token sequences of a run, each of at least one token. */
public final class Sequences {

    private final List<int[]> ids;
    private final int[] firstTokens;
    private final int firstPosition;
    private final OptionalInt textLength;

    public Sequences(List<int[]> ids) {
        this(ids, 0, OptionalInt.empty());
    }

    private Sequences(List<int[]> ids, int firstPosition, OptionalInt textLength) {
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
    }

    /**
     * Parts of longer texts.
     *
     * @param firstPosition how many tokens stand before each part
     * @param textLength how long each text is, in tokens
     */
    static Sequences parts(List<int[]> ids, int firstPosition, int textLength) {
        return new Sequences(ids, firstPosition, OptionalInt.of(textLength));
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

    /** The indexes of all sequences. */
    public List<Integer> all() {
        return java.util.stream.IntStream.range(0, count()).boxed().toList();
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
