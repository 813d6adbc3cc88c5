package io.github.swscan.forward;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What the down projections of a block come to in the residual stream of one branch. An entry y[t, r] of a projection's
 * output adds y[t, r] · routing weight · {@link #tokenFactor} · {@link #channelFactors} to channel r of h[t]: norms behind
 * the feed-forward part, and the number that its output is multiplied by, are in these factors, as they stand for the
 * whole output; what changing an entry does to the norm itself is left out.
 */
public final class Reach {

    private final Map<TokenPlace, Integer> tokens = new LinkedHashMap<>();
    private final float[] tokenFactors;
    private final float[] channelFactors;
    private final float[] hidden;
    private final float[] norms;

    /**
     * @param tokens those of the branch, in the order of its rows
     * @param tokenFactors [tokens]
     * @param channelFactors [hidden]
     * @param hidden the residual stream behind the block [tokens * hidden]
     */
    Reach(List<TokenPlace> tokens, float[] tokenFactors, float[] channelFactors, float[] hidden) {
        for (int i = 0; i < tokens.size(); i++) {
            this.tokens.put(tokens.get(i), i);
        }
        this.tokenFactors = tokenFactors;
        this.channelFactors = channelFactors;
        this.hidden = hidden;
        this.norms = norms(hidden, channelFactors.length);
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

    /** What all outputs for a token are multiplied by. */
    public float tokenFactor(TokenPlace token) {
        return tokenFactors[tokens.get(token)];
    }

    /** What the entries of all outputs are multiplied by, magnitudes only [hidden]. Not to be changed. */
    public float[] channelFactors() {
        return channelFactors;
    }

    /** An entry of the residual stream behind the block. */
    public float entry(TokenPlace token, int channel) {
        return hidden[tokens.get(token) * channelFactors.length + channel];
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
        int size = channelFactors.length;
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
        Peak[] peaks = new Peak[channelFactors.length];
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
