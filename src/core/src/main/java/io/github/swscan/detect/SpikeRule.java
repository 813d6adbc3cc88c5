package io.github.swscan.detect;

import java.io.Serializable;

/** What counts as a spike: an output of a down projection, seen together with the largest input of the same token. */
public sealed interface SpikeRule extends Serializable {

    /**
     * Whether an entry of an output is a spike.
     *
     * @param input the largest |x| of the token
     * @param output |y| of the entry
     * @param usual what is usual at this layer
     * @param highest the layer's largest |y|, before any weight was removed
     */
    boolean isSpike(float input, float output, Usual usual, float highest);

    /** The rule in words, for reports. */
    String description();

    /**
     * Input and output stand above the usual, in the geometric mean of the two, by at least a factor. Works on models of
     * any scale. Both count because a super weight's spike comes in by one input channel: a weaker output spike with a
     * clear input spike is one, and so is an output spike beyond doubt whatever its inputs.
     *
     * <p>An input spike is still there when the weight behind the output spike is gone, and lifts all outputs that it
     * reaches by ordinary weights. What is left below a tenth of the layer's highest is that, and no spike.
     */
    record Relative(double ratio) implements SpikeRule {

        private static final double LEAST_OF_HIGHEST = 0.1;

        @Override
        public boolean isSpike(float input, float output, Usual usual, float highest) {
            double product = (double) input * output;
            return product > 0
                    && product >= ratio * ratio * usual.input() * usual.output()
                    && output >= LEAST_OF_HIGHEST * highest;
        }

        @Override
        public String description() {
            return "relative: |input| and |output| at least " + plain(ratio)
                    + " times the usual (geometric mean of both), |output| at least "
                    + LEAST_OF_HIGHEST + " of the layer's highest";
        }
    }

    /** Both above fixed limits: the rule of the released code of Yu et al., arXiv 2411.07191, with 50 for both. */
    record Absolute(double inputLimit, double outputLimit) implements SpikeRule {
        @Override
        public boolean isSpike(float input, float output, Usual usual, float highest) {
            return input > inputLimit && output > outputLimit;
        }

        @Override
        public String description() {
            return "absolute: |input| above " + plain(inputLimit) + " and |output| above " + plain(outputLimit);
        }
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
