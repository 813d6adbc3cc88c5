package io.github.swscan.forward;

import io.github.swscan.architecture.SentenceEmbedding.Pooling;
import java.util.List;

/** Makes one vector of the hidden states of a text, see {@link Pooling}. */
final class SentencePooling {

    private SentencePooling() {}

    /**
     * What each pooling gives, one after the other.
     *
     * @param states [tokens, hidden]
     * @return [poolings * hidden]
     */
    static float[] of(List<Pooling> poolings, float[] states, int tokens) {
        int width = states.length / tokens;
        float[] pooled = new float[poolings.size() * width];
        for (int i = 0; i < poolings.size(); i++) {
            for (int channel = 0; channel < width; channel++) {
                pooled[i * width + channel] = (float) pooled(poolings.get(i), states, tokens, width, channel);
            }
        }
        return pooled;
    }

    private static double pooled(Pooling pooling, float[] states, int tokens, int width, int channel) {
        double sum = 0;
        double weighted = 0;
        double maximum = Double.NEGATIVE_INFINITY;
        for (int token = 0; token < tokens; token++) {
            double entry = states[token * width + channel];
            sum += entry;
            weighted += (token + 1) * entry;
            maximum = Math.max(maximum, entry);
        }
        return switch (pooling) {
            case FIRST -> states[channel];
            case MAXIMUM -> maximum;
            case MEAN -> sum / tokens;
            case SUM_BY_ROOT -> sum / Math.sqrt(tokens);
            case WEIGHTED_MEAN -> weighted / (tokens * (tokens + 1.0) / 2);
            case LAST -> states[(tokens - 1) * width + channel];
        };
    }
}
