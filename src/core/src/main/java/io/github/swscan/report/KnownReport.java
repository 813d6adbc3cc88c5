package io.github.swscan.report;

import java.util.List;
import java.util.Optional;

/**
 * What is published of super weights. Layers, experts, rows and columns count from 0.
 *
 * @param schemaVersion the version of this format
 * @param model that was looked at, as the user named it; empty: all that is published is listed
 * @param published all, or of a model those of its family and shape, first where most values are as published
 */
public record KnownReport(String schemaVersion, Tool tool, Optional<String> model, List<Model> published)
        implements ReportDocument {

    public static final String SCHEMA_VERSION = "1.0";

    /**
     * What is published of a model.
     *
     * @param name as {@code ORGANIZATION/NAME} on the Hugging Face hub
     * @param family the {@code model_type}
     * @param intermediateSize inputs of a down projection, in a mixture of an expert's
     * @param together what removing several of the weights did
     * @param source who found the weights and measured what they do
     */
    public record Model(
            String name,
            String family,
            int layers,
            int hiddenSize,
            int intermediateSize,
            List<Weight> weights,
            Optional<String> together,
            String source,
            How how) {

        public Model {
            weights = List.copyOf(weights);
        }

        /** How many weights of the model that was looked at have the value that is published. */
        public int found() {
            return (int) weights.stream()
                    .filter(weight -> weight.here().filter(Here::asPublished).isPresent())
                    .count();
        }
    }

    /**
     * A weight of a down projection.
     *
     * @param expert of a mixture; empty: the only MLP of the layer
     * @param value empty where only the place is published
     * @param alone what removing it alone did: {@code x1.5} is the perplexity on WikiText-2 over that of the whole model
     * @param here what the model that was looked at has in this place
     */
    public record Weight(
            int layer,
            Optional<Integer> expert,
            int row,
            int column,
            Optional<Double> value,
            Optional<String> alone,
            Optional<Here> here) {

        /** Its place, as options take it. */
        public String place() {
            return layer + ":" + expert.map(number -> number + ":").orElse("") + row + ":" + column;
        }
    }

    /**
     * What a model has in the place of a published weight.
     *
     * @param value empty if it is not finite
     * @param asPublished whether a value is published, and this is the same but for rounding
     */
    public record Here(Optional<Float> value, boolean asPublished) {}

    /** How it is known what a weight does. */
    public enum How {
        /** By measurements of this project. */
        MEASURED("measured"),
        /** By measurements of others. */
        PUBLISHED("published"),
        /** Found by looking at weights or at texts of the model, without a measurement: weak evidence. */
        BY_EYE("by-eye");

        private final String label;

        How(String label) {
            this.label = label;
        }

        @Override
        public String toString() {
            return label;
        }
    }
}
