package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.family.QuantizationReader.Said;
import io.github.swscan.architecture.quantization.OnlineBitNet;
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

    /** Of scales that plain numbers are multiplied with. */
    private static final String SCALE = ".weight_scale";

    private LeftOverQuantization() {}

    /** The same without what is left over; itself where nothing is. */
    public static Config removed(Config config, Collection<TensorInfo> tensors) {
        List<Said> said = QuantizationReader.said(config);
        boolean plain = tensors.stream().allMatch(tensor -> PLAIN.contains(tensor.dtype()));
        if (said.isEmpty() || !plain || said.stream().anyMatch(options -> isMeant(options, tensors))) {
            return config;
        }
        Config remaining = new Config(config.file(), config.options().deepCopy(), config.names());
        for (Said options : said) {
            if (options.file().equals(config.file())) {
                int section = options.option().lastIndexOf('.');
                JsonNode around = section < 0
                        ? remaining.options()
                        : QuantizationReader.at(remaining, options.option().substring(0, section));
                ((ObjectNode) around).remove(options.option().substring(section + 1));
            }
        }
        return remaining;
    }

    /** A BitNet may keep plain numbers that it rounds when it multiplies, or multiplies with a scale. */
    private static boolean isMeant(Said said, Collection<TensorInfo> tensors) {
        return QuantizationReader.method(said.options()).equals("bitnet")
                && (OnlineBitNet.isSaid(said.options())
                        || tensors.stream().anyMatch(tensor -> tensor.name().endsWith(SCALE)));
    }

    /** What a reader of a report should know. */
    public static String note() {
        return "config.json, or a file beside it, says that the weights are quantized, "
                + "which they are not: what it says was left over.";
    }
}
