package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What config.json goes on saying of a quantization after the weights were turned back into plain numbers, as when
 * adapters are merged. It says how to load, not what is stored: that decides.
 */
public final class LeftOverQuantization {

    private static final Set<DType> PLAIN = EnumSet.of(DType.F64, DType.F32, DType.F16, DType.BF16);

    /** Methods that keep plain numbers and round them when they multiply. */
    private static final Set<String> STORED_PLAIN = Set.of("bitnet");

    private LeftOverQuantization() {}

    /** The same without what is left over; itself where nothing is. */
    public static Config removed(Config config, Collection<TensorInfo> tensors) {
        List<String> said = QuantizationReader.said(config);
        boolean plain = tensors.stream().allMatch(tensor -> PLAIN.contains(tensor.dtype()));
        boolean roundedLater = said.stream()
                .map(option -> QuantizationReader.at(config, option)
                        .path("quant_method")
                        .asText())
                .anyMatch(STORED_PLAIN::contains);
        if (said.isEmpty() || !plain || roundedLater) {
            return config;
        }
        Config remaining = new Config(config.file(), config.options().deepCopy(), config.names());
        for (String option : said) {
            int section = option.lastIndexOf('.');
            JsonNode options =
                    section < 0 ? remaining.options() : QuantizationReader.at(remaining, option.substring(0, section));
            ((ObjectNode) options).remove(option.substring(section + 1));
        }
        return remaining;
    }

    /** What a reader of a report should know. */
    public static String note() {
        return "config.json says that the weights are quantized, which they are not: what it says was left over.";
    }
}
