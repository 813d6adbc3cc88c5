package io.github.swscan.architecture;

import java.util.List;

/**
 * Ways to stretch rotary positions over more tokens than a model was trained on. The formulas are those of Hugging Face
 * transformers, {@code modeling_rope_utils.py} (4.57).
 */
public sealed interface RotaryScaling {

    /** The frequencies for a sequence of {@code tokens} tokens: one value a pair, in radians per position. */
    double[] frequencies(double base, int size, int tokens);

    /** What cosines and sines are multiplied by, for a sequence of {@code tokens} tokens. */
    default double attentionFactor(int tokens) {
        return 1;
    }

    private static double[] unscaled(double base, int size) {
        double[] frequencies = new double[(size + 1) / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = Math.pow(base, -2.0 * i / size);
        }
        return frequencies;
    }

    /** f[i] = base^(-2i / size). */
    record None() implements RotaryScaling {
        @Override
        public double[] frequencies(double base, int size, int tokens) {
            return unscaled(base, size);
        }
    }

    /**
     * All frequencies divided by a factor, and those beyond a part of the pairs 0: these pairs stay as they are.
     *
     * @param proportion of the pairs that turn
     */
    record Proportional(double proportion, double factor) implements RotaryScaling {
        @Override
        public double[] frequencies(double base, int size, int tokens) {
            double[] frequencies = unscaled(base, size);
            int turned = (int) Math.floor(proportion * size / 2);
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] = i < turned ? frequencies[i] / factor : 0;
            }
            return frequencies;
        }
    }

    /** All frequencies divided by a factor: positions interpolated (Chen et al., arXiv 2306.15595). */
    record Linear(double factor) implements RotaryScaling {
        @Override
        public double[] frequencies(double base, int size, int tokens) {
            double[] frequencies = unscaled(base, size);
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] /= factor;
            }
            return frequencies;
        }
    }

    /**
     * The base grows with the sequence once that is longer than the context ("dynamic NTK").
     *
     * @param growthWithinContext stands in for this growth in shorter sequences; 1: none
     */
    record Dynamic(double factor, int contextLength, double growthWithinContext) implements RotaryScaling {
        @Override
        public double[] frequencies(double base, int size, int tokens) {
            double growth =
                    tokens > contextLength ? factor * tokens / contextLength - (factor - 1) : growthWithinContext;
            return unscaled(base * Math.pow(growth, size / (size - 2.0)), size);
        }
    }

    /**
     * Low frequencies interpolated, high ones kept, a linear ramp between them (Peng et al., arXiv 2309.00071).
     *
     * @param originalContextLength the context before stretching
     * @param truncate whether the ramp begins and ends at whole channels
     */
    record Yarn(
            double factor,
            double attentionFactor,
            double betaFast,
            double betaSlow,
            int originalContextLength,
            boolean truncate)
            implements RotaryScaling {

        @Override
        public double attentionFactor(int tokens) {
            return attentionFactor;
        }

        /** The attention factor that the paper suggests (section 3.4), with the multipliers of DeepSeek. */
        public static double suggestedAttentionFactor(double factor, double multiplier) {
            return factor <= 1 ? 1 : 0.1 * multiplier * Math.log(factor) + 1;
        }

        @Override
        public double[] frequencies(double base, int size, int tokens) {
            double low = channelTurning(betaFast, base, size);
            double high = channelTurning(betaSlow, base, size);
            if (truncate) {
                low = Math.floor(low);
                high = Math.ceil(high);
            }
            low = Math.max(low, 0);
            high = Math.min(high, size - 1);
            double width = low == high ? 0.001 : high - low;
            double[] frequencies = unscaled(base, size);
            for (int i = 0; i < frequencies.length; i++) {
                double interpolated = Math.min(1, Math.max(0, (i - low) / width));
                frequencies[i] = frequencies[i] / factor * interpolated + frequencies[i] * (1 - interpolated);
            }
            return frequencies;
        }

        /** The channel, as a real number, whose pair turns that many times over the original context. */
        private double channelTurning(double turns, double base, int size) {
            return size * Math.log(originalContextLength / (turns * 2 * Math.PI)) / (2 * Math.log(base));
        }
    }

    /**
     * Every frequency divided by a factor of its own, of one list for sequences within the original context and of
     * another for longer ones (Ding et al., arXiv 2402.13753).
     */
    record LongRope(
            List<Double> shortFactors, List<Double> longFactors, double attentionFactor, int originalContextLength)
            implements RotaryScaling {

        public LongRope {
            shortFactors = List.copyOf(shortFactors);
            longFactors = List.copyOf(longFactors);
        }

        @Override
        public double attentionFactor(int tokens) {
            return attentionFactor;
        }

        /** The attention factor for a context stretched by {@code factor}. */
        public static double suggestedAttentionFactor(double factor, int originalContextLength) {
            return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalContextLength));
        }

        @Override
        public double[] frequencies(double base, int size, int tokens) {
            List<Double> factors = tokens > originalContextLength ? longFactors : shortFactors;
            double[] frequencies = unscaled(base, size);
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] /= factors.get(i);
            }
            return frequencies;
        }
    }

    /**
     * The frequencies of another scaling, with attention factors of its own: one for sequences within the original
     * context, one for longer ones.
     */
    record WithAttentionFactors(RotaryScaling scaling, double within, double beyond, int originalContextLength)
            implements RotaryScaling {
        @Override
        public double[] frequencies(double base, int size, int tokens) {
            return scaling.frequencies(base, size, tokens);
        }

        @Override
        public double attentionFactor(int tokens) {
            return tokens > originalContextLength ? beyond : within;
        }
    }

    /** Llama 3.1: long wavelengths interpolated, short ones kept, a smooth passage between them. */
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContextLength)
            implements RotaryScaling {
        @Override
        public double[] frequencies(double base, int size, int tokens) {
            double longest = originalContextLength / lowFrequencyFactor;
            double shortest = originalContextLength / highFrequencyFactor;
            double[] frequencies = unscaled(base, size);
            for (int i = 0; i < frequencies.length; i++) {
                double wavelength = 2 * Math.PI / frequencies[i];
                if (wavelength > longest) {
                    frequencies[i] /= factor;
                } else if (wavelength >= shortest) {
                    double kept = (originalContextLength / wavelength - lowFrequencyFactor)
                            / (highFrequencyFactor - lowFrequencyFactor);
                    frequencies[i] = (1 - kept) * frequencies[i] / factor + kept * frequencies[i];
                }
            }
            return frequencies;
        }
    }
}
