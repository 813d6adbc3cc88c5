package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.RelativePositions;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Reads what scores get added for distances.
 *
 * @param ofBlock reads what each block has of its own
 * @param ofModel reads what all blocks share
 */
record RelativePositionsReader(ParameterReader ofBlock, ParameterReader ofModel, int hiddenSize, int contextLength) {

    private static final String KEYS = "c2p";
    private static final String QUERIES = "p2c";

    RelativePositions biases(Fields biases) {
        int rows = biases.positiveInteger("rows");
        if (rows < RelativePositions.Biases.BUCKETS) {
            throw biases.malformed(
                    "rows",
                    "is " + rows + ", fewer than the " + RelativePositions.Biases.BUCKETS
                            + " kinds of distances that there are");
        }
        return new RelativePositions.Biases(ofModel.tensor(biases.text("table") + ".weight"), rows);
    }

    /** @param heads how many query heads there are */
    RelativePositions profiles(Fields fields, int heads) {
        int size = fields.positiveInteger("size");
        long mixes = (long) heads * size;
        if (mixes > Fields.LARGEST_SIZE) {
            throw fields.malformed("size", "makes " + mixes + " channels, more than any model has");
        }
        return new RelativePositions.Profiles(
                ofBlock.linear(fields.object("mixes"), hiddenSize, (int) mixes),
                ofBlock.tensor(fields.text("profiles")),
                size,
                fields.positiveInteger("distances"));
    }

    /**
     * Nothing where {@code used} does not hold.
     *
     * @param channels of all query heads together
     */
    Optional<RelativePositions> disentangled(Fields fields, int channels) {
        if (!fields.holds("used")) {
            return Optional.empty();
        }
        Set<String> types = types(fields);
        int buckets = Math.max(0, number(fields, "buckets"));
        int most = number(fields, "farthest");
        int farthest = most < 1 ? contextLength : most;
        int span = buckets > 0 ? buckets : farthest;
        if (span > Fields.LARGEST_SIZE) {
            throw fields.malformed(buckets > 0 ? "buckets" : "farthest", "is " + span + ", more than any model has");
        }
        if (buckets == 1 || (buckets > 0 && farthest - 1 <= buckets / 2)) {
            throw fields.malformed("buckets", "is " + buckets + ", which does not fit distances up to " + farthest);
        }
        return Optional.of(new RelativePositions.Disentangled(
                ofModel.tensor(fields.text("table") + ".weight"),
                span,
                ofModel.optionalNorm(fields, "norm", hiddenSize),
                linear(fields, "key", types.contains(KEYS), channels),
                linear(fields, "query", types.contains(QUERIES), channels),
                buckets,
                farthest));
    }

    /** The scale by which a sum of products, one for contents and one for each type, deviates like one (He et al., section 3.1). */
    double scale(Fields fields, int headSize) {
        Set<String> types = types(fields);
        int products = 1 + (types.contains(KEYS) ? 1 : 0) + (types.contains(QUERIES) ? 1 : 0);
        return 1 / Math.sqrt((double) headSize * products);
    }

    private Optional<Linear> linear(Fields fields, String field, boolean used, int channels) {
        return used ? Optional.of(ofBlock.linear(fields.object(field), hiddenSize, channels)) : Optional.empty();
    }

    /** A list, or a text with | between its entries. */
    private static Set<String> types(Fields fields) {
        Set<String> types = new HashSet<>();
        fields.value("types").ifPresent(given -> {
            if (given.isTextual()) {
                Arrays.stream(given.textValue().toLowerCase(Locale.ROOT).split("\\|"))
                        .map(String::strip)
                        .forEach(types::add);
            } else if (given.isArray()) {
                given.forEach(type -> types.add(type.asText()));
            } else {
                throw fields.malformed("types", "is " + Config.written(given) + " where a list of names is needed");
            }
        });
        return types;
    }

    /** A whole number, -1 where it is absent. */
    private static int number(Fields fields, String field) {
        Optional<JsonNode> value = fields.value(field);
        if (value.isPresent() && !value.get().canConvertToInt()) {
            throw fields.malformed(field, "is " + Config.written(value.get()) + " where a whole number is needed");
        }
        return value.map(JsonNode::intValue).orElse(-1);
    }
}
