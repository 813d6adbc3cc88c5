package io.github.swscan.forward;

import io.github.swscan.architecture.Matrix;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the down projections of a block come to in the residual stream of one branch. An entry y[t, r] of a projection's
 * output adds a vector of the length |y[t, r]| · routing weight · {@link #tokenFactor} · {@link #channelFactors} to h[t]: in
 * channel r, or where experts work on a narrower vector in many. Where a convolution stands behind the feed-forward part, it
 * adds one of another length to each of some tokens behind t as well, with so many tokens' delay. Norms behind the feed-forward part, and the number that its
 * output is multiplied by, are in these factors, as they stand for the whole output; what changing an entry does to the norm
 * itself is left out.
 */
public final class Reach {

    private final Map<TokenPlace, Integer> tokens = new LinkedHashMap<>();
    private final List<Map<Matrix, Factors>> factors;
    private final int size;
    private final float[] hidden;
    private final float[] norms;

    /**
     * What the outputs of one down projection are multiplied by, magnitudes only.
     *
     * @param tokens one for each token of the branch, in the order of its rows
     * @param channels one for each output channel of the projection
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Factors(float[] tokens, float[] channels) {

        /** The same in arrays of its own. */
        Factors copy() {
            return new Factors(tokens.clone(), channels.clone());
        }
    }

    /**
     * @param tokens those of the branch, in the order of its rows
     * @param factors of each down projection, by delay
     * @param hidden the residual stream behind the block [tokens * hidden]
     */
    Reach(List<TokenPlace> tokens, List<Map<Matrix, Factors>> factors, float[] hidden) {
        for (int i = 0; i < tokens.size(); i++) {
            this.tokens.put(tokens.get(i), i);
        }
        this.factors = factors.stream().map(Map::copyOf).toList();
        this.size = tokens.isEmpty() ? 1 : hidden.length / tokens.size();
        this.hidden = hidden;
        this.norms = norms(hidden, size);
    }

    private static float[] norms(float[] hidden, int size) {
        float[] norms = new float[hidden.length / size];
        for (int token = 0; token < norms.length; token++) {
            double squares = 0;
            for (int i = token * size; i < (token + 1) * size; i++) {
                squares += (double) hidden[i] * hidden[i];
            }
            norms[token] = (float) Math.sqrt(squares);
        }
        return norms;
    }

    /** To how many tokens an output for a token is added: 1 without a convolution. */
    public int delays() {
        return factors.size();
    }

    /** The token so many places behind another, if the text goes on to there. */
    public Optional<TokenPlace> behind(TokenPlace token, int delay) {
        return Optional.of(new TokenPlace(token.sequence(), token.position() + delay))
                .filter(tokens::containsKey);
    }

    /** What all outputs of a down projection for a token are multiplied by. */
    public float tokenFactor(DownProjection projection, TokenPlace token, int delay) {
        return of(projection, delay).tokens()[tokens.get(token)];
    }

    /** What the entries of its outputs are multiplied by, magnitudes only [outputs]. Not to be changed. */
    public float[] channelFactors(DownProjection projection, int delay) {
        return of(projection, delay).channels();
    }

    private Factors of(DownProjection projection, int delay) {
        return factors.get(delay).get(projection.weight().matrix());
    }

    /** How many channels the residual stream has, of several all together. */
    public int channels() {
        return size;
    }

    /** An entry of the residual stream behind the block. */
    public float entry(TokenPlace token, int channel) {
        return hidden[tokens.get(token) * size + channel];
    }

    /** The Euclidean norm |h[t]| of the residual stream behind the block. */
    public float norm(TokenPlace token) {
        return norms[tokens.get(token)];
    }

    /** Those of the tokens of some sequences, in no particular order. */
    public float[] norms(List<Integer> sequences) {
        int[] own = rows(sequences);
        float[] selected = new float[own.length];
        for (int i = 0; i < own.length; i++) {
            selected[i] = norms[own[i]];
        }
        return selected;
    }

    /** The lower median of the magnitudes of all entries of the stream behind the block, over the tokens of sequences. */
    public float medianMagnitude(List<Integer> sequences) {
        int[] own = rows(sequences);
        float[] magnitudes = new float[own.length * size];
        for (int i = 0; i < magnitudes.length; i++) {
            magnitudes[i] = Math.abs(hidden[own[i / size] * size + i % size]);
        }
        Arrays.sort(magnitudes);
        return magnitudes.length == 0 ? 0 : magnitudes[(magnitudes.length - 1) / 2];
    }

    /** The largest entry of every channel of the stream behind the block, over the tokens of sequences. */
    public List<Peak> channelPeaks(List<Integer> sequences) {
        Set<Integer> wanted = Set.copyOf(sequences);
        Peak[] peaks = new Peak[size];
        tokens.forEach((place, row) -> {
            if (wanted.contains(place.sequence())) {
                for (int channel = 0; channel < peaks.length; channel++) {
                    float value = hidden[row * peaks.length + channel];
                    if (peaks[channel] == null || Math.abs(value) > peaks[channel].magnitude()) {
                        peaks[channel] = new Peak(value, place.sequence(), place.position(), channel);
                    }
                }
            }
        });
        return Arrays.stream(peaks).filter(Objects::nonNull).toList();
    }

    private int[] rows(List<Integer> sequences) {
        Set<Integer> wanted = Set.copyOf(sequences);
        return tokens.entrySet().stream()
                .filter(token -> wanted.contains(token.getKey().sequence()))
                .mapToInt(Map.Entry::getValue)
                .toArray();
    }
}
