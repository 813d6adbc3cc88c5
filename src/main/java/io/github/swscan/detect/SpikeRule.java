package io.github.swscan.detect;

/** What counts as a spike. */
public sealed interface SpikeRule {

    /** The rule in words, for reports. */
    String description();

    /**
     * An output peak of at least {@code ratio} times the usual output magnitude, see {@link UsualMagnitude}. Works on
     * models of any scale.
     */
    record Relative(double ratio) implements SpikeRule {
        @Override
        public String description() {
            return "relative: |output| at least " + plain(ratio) + " times the usual";
        }
    }

    /**
     * An output peak above one limit in a down projection whose input peak is above another: the rule of the released
     * code of Yu et al., arXiv 2411.07191, with 50 for both.
     */
    record Absolute(double input, double output) implements SpikeRule {
        @Override
        public String description() {
            return "absolute: |input| above " + plain(input) + " and |output| above " + plain(output);
        }
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
