package io.github.swscan.forward;

/**
 * How a branch changes the last hidden state h behind the final norm: of evaluated sequences each token's, one sequence
 * after the other.
 *
 * @param changes |h' - h| / |h| of each token
 * @param cosines of the angle between h' and h
 */
@SuppressWarnings("ArrayRecordComponent")
public record HiddenStateChanges(double[] changes, double[] cosines) {

    /**
     * Of some tokens.
     *
     * @param original [tokens, hidden]
     * @param edited [tokens, hidden]
     */
    static HiddenStateChanges between(float[] original, float[] edited, int tokens) {
        int width = original.length / tokens;
        double[] changes = new double[tokens];
        double[] cosines = new double[tokens];
        for (int token = 0; token < tokens; token++) {
            double difference = 0;
            double product = 0;
            double own = 0;
            double other = 0;
            for (int i = token * width; i < (token + 1) * width; i++) {
                double h = original[i];
                double changed = edited[i];
                difference += (changed - h) * (changed - h);
                product += changed * h;
                own += h * h;
                other += changed * changed;
            }
            // A hidden state of nothing cannot change in parts of itself.
            changes[token] = difference == 0 ? 0 : Math.sqrt(difference / Math.max(own, Float.MIN_NORMAL));
            cosines[token] = difference == 0 ? 1 : product / Math.sqrt(Math.max(own * other, Double.MIN_NORMAL));
        }
        return new HiddenStateChanges(changes, cosines);
    }
}
