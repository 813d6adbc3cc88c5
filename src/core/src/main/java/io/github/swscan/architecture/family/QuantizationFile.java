package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.Repository;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A file beside config.json that a library describes its quantization in.
 *
 * @param name of the file
 * @param method that it is of, where it does not say so itself
 */
public record QuantizationFile(String name, String method) {

    private static final List<QuantizationFile> KNOWN = List.of(
            new QuantizationFile("quantize_config.json", "gptq"),
            new QuantizationFile("quant_config.json", "awq"),
            new QuantizationFile("quanto_qmap.json", "quanto"),
            new QuantizationFile("hf_quant_config.json", "modelopt"));

    private static final String METHOD = "quant_method";

    /** Where ModelOpt has its options, beside who wrote them. */
    private static final String SECTION = "quantization";

    /**
     * The same config.json with what such a file says, where it says nothing itself and there is one.
     *
     * @param watched given the file before it is read
     * @throws InputException if it cannot be read
     */
    public static Config added(Config config, Repository repository, UnaryOperator<ByteSource> watched) {
        if (!QuantizationReader.said(config).isEmpty()) {
            return config;
        }
        return KNOWN.stream()
                .flatMap(file -> repository.find(file.name).stream()
                        .map(path -> file.read(watched.apply(repository.source(path)))))
                .findFirst()
                .map(config::quantizedAs)
                .orElse(config);
    }

    private Config read(ByteSource source) {
        Config said = Config.read(source);
        JsonNode section = said.options().path(SECTION);
        ObjectNode options = (section.isObject() ? section : said.options()).deepCopy();
        if (!options.has(METHOD)) {
            options.put(METHOD, method);
        }
        return new Config(said.file(), options);
    }
}
